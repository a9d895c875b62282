using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp;

/// <summary>Represents one complete state of a name. A closed set of nested types; immutable, compared by value, for any thread.</summary>
public abstract class Resolution : IEquatable<Resolution>
{
    private Resolution()
    {
    }

    /// <summary>Gets the precedence of the state over earlier ones.</summary>
    public StatePrecedence Rank => this switch
    {
        Bound => StatePrecedence.Bound,
        Negative => StatePrecedence.Negative,
        _ => StatePrecedence.Nothing,
    };

    bool IEquatable<Resolution>.Equals(Resolution? other) => ReferenceEquals(this, other) || (this, other) switch
    {
        (Bound mine, Bound their) => mine.IsStale == their.IsStale && Equals(mine.Endpoints, their.Endpoints),
        (Failed mine, Failed their) => mine.Error == their.Error,
        _ => false,
    };

    /// <inheritdoc/>
    public override bool Equals(object? obj) => ((IEquatable<Resolution>)this).Equals(obj as Resolution);

    /// <inheritdoc/>
    public override int GetHashCode() => this switch
    {
        Bound bound => HashCode.Combine(bound.Endpoints, bound.IsStale),
        Failed failed => HashCode.Combine(failed.Error),
        _ => (int)Rank,
    };

    /// <summary>Returns a description of the state, for a log.</summary>
    public override string ToString() => this switch
    {
        Bound { IsStale: true } bound => $"bound to {bound.Endpoints} (remembered, not confirmed)",
        Bound bound => $"bound to {bound.Endpoints}",
        Failed failed => $"failed: {failed.Error}",
        Negative => "negative",
        _ => "pending",
    };

    /// <summary>Represents an existing name with all of its endpoints. An empty set is a valid answer, and is applied.</summary>
    public sealed class Bound : Resolution
    {
        /// <summary>Makes a state.</summary>
        /// <param name="endpoints">All endpoints of the name.</param>
        /// <param name="isStale">Whether they were remembered from an earlier run and have not been confirmed yet.</param>
        public Bound(EndpointSet endpoints, bool isStale = false) => (Endpoints, IsStale) = (endpoints, isStale);

        /// <summary>Gets the endpoints.</summary>
        public EndpointSet Endpoints { get; }

        /// <summary>Gets a value that indicates whether this was remembered from an earlier run and has not been confirmed yet.</summary>
        public bool IsStale { get; }
    }

    /// <summary>Represents a name that does not exist.</summary>
    public sealed class Negative : Resolution
    {
        private Negative()
        {
        }

        /// <summary>Gets the only instance.</summary>
        public static Negative Instance { get; } = new();
    }

    /// <summary>Represents a name whose state is not known yet.</summary>
    public sealed class Pending : Resolution
    {
        private Pending()
        {
        }

        /// <summary>Gets the only instance.</summary>
        public static Pending Instance { get; } = new();
    }

    /// <summary>Represents a failed lookup, after which the endpoints are unknown.</summary>
    public sealed class Failed : Resolution
    {
        /// <summary>Initializes a state.</summary>
        /// <param name="error">A description of the failure, for a log.</param>
        public Failed(string error) => Error = error;

        /// <summary>Gets a description of the failure, for a log.</summary>
        public string Error { get; }
    }
}
