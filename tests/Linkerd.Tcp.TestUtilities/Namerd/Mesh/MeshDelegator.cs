using Grpc.Core;
using Linkerd.Tcp.Namerd.Protocol;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.TestUtilities;

/// <summary><c>Delegator</c>: dtabs, of which one that is not there, or not any more, is an error; and how a name is bound, step by step.</summary>
internal sealed class MeshDelegator(StandInWorld world, MeshCounters counters) : Delegator.DelegatorBase
{
    public override async Task<DtabRsp> GetDtab(DtabReq request, ServerCallContext context)
    {
        counters.Call(nameof(GetDtab));
        using var watch = world.WatchDtab(MeshRequests.Namespace(request.Root));
        return Message(await watch.Events.ReadAsync(context.CancellationToken));
    }

    public override async Task StreamDtab(DtabReq request, IServerStreamWriter<DtabRsp> responseStream, ServerCallContext context)
    {
        counters.Call(nameof(StreamDtab));
        using var watch = world.WatchDtab(MeshRequests.Namespace(request.Root));
        await context.WriteResponseHeadersAsync([]);
        await MeshStreaming.RunAsync(watch, counters, responseStream, Message, context);
    }

    public override async Task<DelegateTreeRsp> GetDelegateTree(DelegateTreeReq request, ServerCallContext context)
    {
        counters.Call(nameof(GetDelegateTree));
        return await DelegateAsync(request, context);
    }

    public override async Task StreamDelegateTree(DelegateTreeReq request, IServerStreamWriter<DelegateTreeRsp> responseStream, ServerCallContext context)
    {
        counters.Call(nameof(StreamDelegateTree));
        await responseStream.WriteAsync(await DelegateAsync(request, context), context.CancellationToken);
    }

    private async Task<DelegateTreeRsp> DelegateAsync(DelegateTreeReq request, ServerCallContext context)
    {
        var ns = MeshRequests.Namespace(request.Root);
        var tree = request.Tree ?? throw new RpcException(new Status(StatusCode.NotFound, "No name given"));
        var extra = StandInDtab.Parse(MeshRequests.Dtab(request.Dtab).ToString());
        var name = MeshRequests.Tree(tree) is NameTree.Leaf leaf
            ? leaf.Path
            : throw new RpcException(new Status(StatusCode.Unimplemented, "The stand-in delegates single names only"));
        using var watch = world.Start(new ValueWatch<Delegation>(world, () => Delegate(ns, name, extra), _ => true));
        var delegation = await watch.Events.ReadAsync(context.CancellationToken);
        if (delegation is { Tree: null, Error: null })
        {
            // namerd would not come to an end.
            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
        }

        return delegation.Tree is { } delegated
            ? new DelegateTreeRsp { Tree = MeshMessages.Of(delegated) }
            : throw new RpcException(new Status(StatusCode.Internal, delegation.Error!));
    }

    private Delegation Delegate(string ns, DstPath name, StandInDtab extra)
    {
        try
        {
            return new(world.Delegate(ns, name, extra), null);
        }
        catch (DelegationException exception)
        {
            return new(null, exception.Message);
        }
        catch (TimeoutException)
        {
            return new(null, null);
        }
    }

    private static DtabRsp Message(VersionedDtab? dtab) => dtab is null
        ? throw new RpcException(new Status(StatusCode.NotFound, "Root not found"))
        : new DtabRsp { Dtab = MeshMessages.Of(dtab) };

    private sealed record Delegation(DelegateTree? Tree, string? Error);
}
