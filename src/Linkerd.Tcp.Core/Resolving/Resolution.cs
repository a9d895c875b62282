using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp;

/// <summary>One complete state of a name. A closed set; immutable.</summary>
public abstract record Resolution
{
    private Resolution()
    {
    }

    /// <summary>How much it says.</summary>
    public StatePrecedence Rank => this switch
    {
        Bound => StatePrecedence.Bound,
        Negative => StatePrecedence.Negative,
        _ => StatePrecedence.Nothing,
    };

    /// <summary>The name exists, and this is all of its endpoints. None at all is an answer too: obey it.</summary>
    public sealed record Bound(EndpointSet Endpoints) : Resolution
    {
        /// <summary>Whether this was remembered from an earlier run, and nothing has confirmed it yet. Default: false.</summary>
        public bool IsStale { get; init; }

        /// <inheritdoc/>
        public override string ToString() => IsStale ? $"bound to {Endpoints} (remembered, not confirmed)" : $"bound to {Endpoints}";
    }

    /// <summary>The name does not exist.</summary>
    public sealed record Negative : Resolution
    {
        /// <summary>The one instance that is needed.</summary>
        public static Negative Instance { get; } = new();

        /// <inheritdoc/>
        public override string ToString() => "negative";
    }

    /// <summary>Not known yet.</summary>
    public sealed record Pending : Resolution
    {
        /// <summary>The one instance that is needed.</summary>
        public static Pending Instance { get; } = new();

        /// <inheritdoc/>
        public override string ToString() => "pending";
    }

    /// <summary>The lookup failed, and says nothing about the endpoints.</summary>
    /// <param name="Error">What went wrong, in words for a log.</param>
    public sealed record Failed(string Error) : Resolution
    {
        /// <inheritdoc/>
        public override string ToString() => $"failed: {Error}";
    }
}
