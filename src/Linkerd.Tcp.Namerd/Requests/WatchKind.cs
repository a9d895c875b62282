using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Documents;

namespace Linkerd.Tcp.Namerd.Requests;

/// <summary>A kind of question to namerd's HTTP interface, and what its states are. Stateless; any thread.</summary>
/// <typeparam name="TState">What a document says.</typeparam>
internal abstract class WatchKind<TState>(string endpoint)
    where TState : class
{
    /// <summary>The last segment of its path: <c>bind</c>, <c>addr</c> or <c>resolve</c>.</summary>
    public string Endpoint => endpoint;

    /// <summary>Nothing is known yet.</summary>
    public abstract TState Pending { get; }

    /// <summary>Whether an answer to it is worth a line in a log that is not asked to be verbose.</summary>
    public abstract bool IsAboutAName { get; }

    /// <summary>Nothing was learnt.</summary>
    public abstract TState Failed(string error);

    /// <summary>Reads a document; null, and why, where it is no JSON object.</summary>
    public abstract NamerdDocument<TState>? Parse(ReadOnlySpan<byte> utf8, out string? error);

    /// <summary>The error of a state that is one; null for every other.</summary>
    public abstract string? ErrorOf(TState state);

    /// <summary>How much a state says: one of a higher rank has to be seen even if one of a lower rank came after it.</summary>
    public abstract StatePrecedence RankOf(TState state);

    /// <summary>What is kept in a failure, for a log.</summary>
    /// <param name="any">Whether anything was ever known.</param>
    public abstract string Kept(bool any);

    /// <summary>Whether there is something in it that is kept in a failure.</summary>
    public abstract bool IsWorthKeeping(TState state);
}
