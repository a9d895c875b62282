using System.Collections.Concurrent;
using Grpc.Core;
using Linkerd.Tcp.Namerd.Protocol;

namespace Linkerd.Tcp.TestUtilities;

/// <summary><c>Resolver</c>: the state of an id at once, pending too, and what comes after it; a failure is a message.</summary>
internal sealed class MeshReplicas(StandInWorld world, MeshCounters counters, MeshWarmIds warm) : Resolver.ResolverBase
{
    private const string NoAddress = "Cannot invoke \"java.net.InetAddress.getAddress()\" because \"<local11>\" is null";
    private static readonly Replicas NoId = new() { Failed = new() { Message = "No ID provided" } };
    private static readonly Replicas Pending = new() { Pending = new() };

    public override async Task<Replicas> GetReplicas(ReplicasReq request, ServerCallContext context)
    {
        counters.Call(nameof(GetReplicas));
        if (request.Id is null || request.Id.Elems.Count == 0)
        {
            return NoId;
        }

        var id = MeshRequests.Name(request.Id);
        using var watch = world.WatchAddresses(id);
        return warm.IsCold(id) ? Pending : Message(await watch.Events.ReadAsync(context.CancellationToken));
    }

    public override async Task StreamReplicas(ReplicasReq request, IServerStreamWriter<Replicas> responseStream, ServerCallContext context)
    {
        counters.Call(nameof(StreamReplicas));
        if (request.Id is null || request.Id.Elems.Count == 0)
        {
            await responseStream.WriteAsync(NoId, context.CancellationToken);
            return;
        }

        var id = MeshRequests.Name(request.Id);
        await context.WriteResponseHeadersAsync([]);
        if (warm.IsCold(id))
        {
            await responseStream.WriteAsync(Pending, context.CancellationToken);
        }

        using var use = warm.Use(id);
        using var watch = world.WatchAddresses(id);
        await MeshStreaming.RunAsync(watch, counters, responseStream, Message, context);
    }

    private static Replicas Message(NameState state) => state switch
    {
        NameState.BindError error => throw new RpcException(new Status(StatusCode.Internal, error.Text)),
        NameState.Bound { LacksHost: true } => throw new RpcException(new Status(StatusCode.Internal, NoAddress)),
        _ => MeshMessages.Of(state),
    };
}

/// <summary>Which ids of DNS someone follows: namerd looks the others up only when it is asked, and says so with <c>pending</c>.</summary>
internal sealed class MeshWarmIds
{
    private readonly ConcurrentDictionary<DstPath, int> _users = new();

    public bool IsCold(DstPath id)
    {
        var bare = StandInNamers.WithoutTransformer(id);
        return bare.Count > 0 && bare[0] == "$" && _users.GetValueOrDefault(bare) == 0;
    }

    public IDisposable Use(DstPath id)
    {
        var bare = StandInNamers.WithoutTransformer(id);
        _users.AddOrUpdate(bare, 1, (_, users) => users + 1);
        return new Leaving(() => _users.AddOrUpdate(bare, 0, (_, users) => users - 1));
    }

    private sealed class Leaving(Action leave) : IDisposable
    {
        public void Dispose() => leave();
    }
}
