using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Documents;

namespace Linkerd.Tcp.Namerd.Requests;

/// <summary>A kind of request to namerd's HTTP interface, with its states. Stateless; any thread.</summary>
/// <typeparam name="TState">The state in a document.</typeparam>
internal abstract class WatchKind<TState>(string endpoint)
    where TState : class
{
    /// <summary>The last segment of its path: <c>bind</c>, <c>addr</c> or <c>resolve</c>.</summary>
    public string Endpoint => endpoint;

    /// <summary>Nothing is known yet.</summary>
    public abstract TState Pending { get; }

    /// <summary>True if an answer to it is logged at the default level.</summary>
    public abstract bool IsAboutAName { get; }

    /// <summary>The state after a failure, which has no information.</summary>
    public abstract TState Failed(string error);

    /// <summary>Reads a document; null, with the reason, if it is not a JSON object.</summary>
    public abstract NamerdDocument<TState>? Parse(ReadOnlySpan<byte> utf8, out string? error);

    /// <summary>Gets the error of a failed state; null for every other.</summary>
    public abstract string? ErrorOf(TState state);

    /// <summary>Gets the rank of a state: one of a higher rank has to be seen even if one of a lower rank came after it.</summary>
    public abstract StatePrecedence RankOf(TState state);

    /// <summary>Describes, for a log, the state that is kept in a failure.</summary>
    /// <param name="any">True if any state was ever known.</param>
    public abstract string Kept(bool any);

    /// <summary>Returns true if the state has content that is kept in a failure.</summary>
    public abstract bool IsWorthKeeping(TState state);
}
