using Grpc.Core;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Mesh.Servers;
using Linkerd.Tcp.Namerd.Mesh.Wire;

namespace Linkerd.Tcp.Namerd.Mesh.Watching;

/// <summary>A request to namerd, for one answer or for a stream.</summary>
/// <typeparam name="TMessage">The message of its answer.</typeparam>
/// <typeparam name="TState">The state that the message is read into.</typeparam>
internal abstract class MeshWatchRequest<TMessage, TState>
    where TMessage : class
    where TState : class
{
    /// <summary>The name, or the id.</summary>
    public abstract DstPath Subject { get; }

    /// <summary>True if namerd may leave a stream without a message while the state is not known.</summary>
    public abstract bool MayBeSilent { get; }

    public abstract TState Pending { get; }

    public abstract AsyncServerStreamingCall<TMessage> Stream(MeshServer server, CallOptions options);

    public abstract AsyncUnaryCall<TMessage> Ask(MeshServer server, CallOptions options);

    public abstract MeshAnswer<TState> Read(TMessage message);

    public abstract TState Failed(string error);

    /// <summary>Gets the rank of a state: it supersedes states of the same rank, or a lower one.</summary>
    public abstract StatePrecedence RankOf(TState state);

    /// <summary>Returns true if a state has endpoints, or leads to some: then it is kept in a failure.</summary>
    public abstract bool IsWorthKeeping(TState state);
}
