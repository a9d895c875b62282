using Grpc.Core;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Mesh.Servers;
using Linkerd.Tcp.Namerd.Mesh.Wire;
using Linkerd.Tcp.Namerd.Protocol;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Namerd.Mesh.Watching;

/// <summary>The request for the tree that a name is bound to.</summary>
internal sealed class MeshBindQuestion(MeshOptions options, DstPath name) : MeshWatchRequest<BoundTreeRsp, NameBinding>
{
    private readonly BindReq _request = new()
    {
        Root = MeshNames.ToMessage(DstPath.FromLabels(options.Namespace)),
        Name = MeshNames.ToMessage(name),
        Dtab = MeshDtabWriter.ToMessage(options.Dtab),
    };

    public override DstPath Subject => name;

    public override bool MayBeSilent => true;

    public override NameBinding Pending => NameBinding.Pending.Instance;

    public override AsyncServerStreamingCall<BoundTreeRsp> Stream(MeshServer server, CallOptions options) =>
        new Interpreter.InterpreterClient(server.Calls).StreamBoundTree(_request, options);

    public override AsyncUnaryCall<BoundTreeRsp> Ask(MeshServer server, CallOptions options) =>
        new Interpreter.InterpreterClient(server.Calls).GetBoundTreeAsync(_request, options);

    public override MeshAnswer<NameBinding> Read(BoundTreeRsp message) => MeshTreeReader.Read(message);

    public override NameBinding Failed(string error) => new NameBinding.Failed(error);

    public override StatePrecedence RankOf(NameBinding state) => state.Rank;

    public override bool IsWorthKeeping(NameBinding state) =>
        state is NameBinding.Bound { Tree: BoundTree.Leaf or BoundTree.Union or BoundTree.Alt };
}
