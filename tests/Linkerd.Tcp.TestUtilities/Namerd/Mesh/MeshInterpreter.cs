using Grpc.Core;
using Linkerd.Tcp.Namerd.Protocol;

namespace Linkerd.Tcp.TestUtilities;

/// <summary><c>Interpreter</c>: trees without addresses, nothing while pending; what throws ends the stream.</summary>
internal sealed class MeshInterpreter(StandInWorld world, MeshCounters counters) : Interpreter.InterpreterBase
{
    public override async Task<BoundTreeRsp> GetBoundTree(BindReq request, ServerCallContext context)
    {
        counters.Call(nameof(GetBoundTree));
        using var watch = Watch(request);
        return Message(await watch.Events.ReadAsync(context.CancellationToken));
    }

    public override async Task StreamBoundTree(BindReq request, IServerStreamWriter<BoundTreeRsp> responseStream, ServerCallContext context)
    {
        counters.Call(nameof(StreamBoundTree));
        using var watch = Watch(request);
        await context.WriteResponseHeadersAsync([]);
        await MeshStreaming.RunAsync(watch, counters, responseStream, Message, context);
    }

    private StandInWatch<BoundTree> Watch(BindReq request)
    {
        var ns = MeshRequests.Namespace(request.Root);
        if (request.Name is null || request.Name.Elems.Count == 0)
        {
            throw new RpcException(new Status(StatusCode.NotFound, "No name given"));
        }

        return world.WatchTree(ns, MeshRequests.Name(request.Name), StandInDtab.Parse(MeshRequests.Dtab(request.Dtab).ToString()));
    }

    private static BoundTreeRsp Message(BoundTree tree) => tree is BoundTree.Throws throws
        ? throw new RpcException(new Status(StatusCode.Internal, throws.Message))
        : new BoundTreeRsp { Tree = MeshMessages.Of(tree) };
}
