using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Naming;

/// <summary>Represents one state of the binding of a name, before any address is known. A closed set; immutable.</summary>
public abstract record NameBinding
{
    private NameBinding()
    {
    }

    /// <summary>Gets the precedence of the state over earlier ones.</summary>
    public StatePrecedence Rank => this switch
    {
        Bound { Tree: BoundTree.Negative or BoundTree.Fail } => StatePrecedence.Negative,
        Bound => StatePrecedence.Bound,
        _ => StatePrecedence.Nothing,
    };

    /// <summary>Represents a name that is bound to a tree; a name that does not exist has a tree too.</summary>
    public sealed record Bound(BoundTree Tree) : NameBinding
    {
        internal static Bound Negative { get; } = new(BoundTree.Negative.Instance);

        internal static Bound Fail { get; } = new(BoundTree.Fail.Instance);

        internal static Bound Empty { get; } = new(BoundTree.Empty.Instance);

        /// <inheritdoc/>
        public override string ToString() => $"bound to {Tree}";
    }

    /// <summary>Represents a name whose binding is not known yet.</summary>
    public sealed record Pending : NameBinding
    {
        /// <summary>Gets the only instance that is needed.</summary>
        public static Pending Instance { get; } = new();

        /// <inheritdoc/>
        public override string ToString() => "pending";
    }

    /// <summary>Represents a failed binding, after which the state of the name is unknown.</summary>
    /// <param name="Error">A description of the failure, for a log.</param>
    public sealed record Failed(string Error) : NameBinding
    {
        /// <inheritdoc/>
        public override string ToString() => $"failed: {Error}";
    }
}
