using Grpc.Core;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Mesh.Servers;
using Linkerd.Tcp.Namerd.Mesh.Wire;
using Linkerd.Tcp.Namerd.Protocol;

namespace Linkerd.Tcp.Namerd.Mesh.Watching;

/// <summary>The request for the addresses behind an id.</summary>
internal sealed class MeshReplicasQuestion(DstPath id) : MeshWatchRequest<Replicas, Resolution>
{
    private readonly ReplicasReq _request = new() { Id = MeshNames.ToMessage(id) };

    public override DstPath Subject => id;

    // It answers "pending" if it does not know them.
    public override bool MayBeSilent => false;

    public override Resolution Pending => Resolution.Pending.Instance;

    public override AsyncServerStreamingCall<Replicas> Stream(MeshServer server, CallOptions options) =>
        new Resolver.ResolverClient(server.Calls).StreamReplicas(_request, options);

    public override AsyncUnaryCall<Replicas> Ask(MeshServer server, CallOptions options) =>
        new Resolver.ResolverClient(server.Calls).GetReplicasAsync(_request, options);

    public override MeshAnswer<Resolution> Read(Replicas message) => MeshReplicasReader.Read(message);

    public override Resolution Failed(string error) => new Resolution.Failed(error);

    public override StatePrecedence RankOf(Resolution state) => state.Rank;

    public override bool IsWorthKeeping(Resolution state) => state is Resolution.Bound { Endpoints.IsEmpty: false };
}
