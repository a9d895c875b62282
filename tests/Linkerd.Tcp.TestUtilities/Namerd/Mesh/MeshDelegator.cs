using Grpc.Core;
using Linkerd.Tcp.Namerd.Protocol;

namespace Linkerd.Tcp.TestUtilities;

/// <summary><c>Delegator</c>, as far as dtabs go: a namespace that is not there, or not any more, is an error.</summary>
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
        await MeshStreaming.RunAsync(watch, counters, responseStream, Message, context);
    }

    private static DtabRsp Message(VersionedDtab? dtab) => dtab is null
        ? throw new RpcException(new Status(StatusCode.NotFound, "Root not found"))
        : new DtabRsp { Dtab = MeshMessages.Of(dtab) };
}
