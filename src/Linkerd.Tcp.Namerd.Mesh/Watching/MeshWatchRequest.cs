using Grpc.Core;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Mesh.Servers;
using Linkerd.Tcp.Namerd.Mesh.Wire;

namespace Linkerd.Tcp.Namerd.Mesh.Watching;

/// <summary>Something that namerd is asked, once or as a stream.</summary>
/// <typeparam name="TMessage">What it answers with.</typeparam>
/// <typeparam name="TState">What that is read into.</typeparam>
internal abstract class MeshWatchRequest<TMessage, TState>
    where TMessage : class
    where TState : class
{
    /// <summary>The name, or the id.</summary>
    public abstract DstPath Subject { get; }

    /// <summary>Whether namerd may leave a stream without a message while it does not know.</summary>
    public abstract bool MayBeSilent { get; }

    public abstract TState Pending { get; }

    public abstract AsyncServerStreamingCall<TMessage> Stream(MeshServer server, CallOptions options);

    public abstract AsyncUnaryCall<TMessage> Ask(MeshServer server, CallOptions options);

    public abstract MeshAnswer<TState> Read(TMessage message);

    public abstract TState Failed(string error);

    /// <summary>How much a state says: it makes those history that say as much, or less.</summary>
    public abstract StatePrecedence RankOf(TState state);

    /// <summary>Whether a state has endpoints, or leads to some: what is kept when there is trouble.</summary>
    public abstract bool IsWorthKeeping(TState state);
}
