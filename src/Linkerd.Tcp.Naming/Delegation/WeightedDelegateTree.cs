using Linkerd.Tcp.Naming.Trees;

namespace Linkerd.Tcp.Naming;

/// <summary>Represents a branch of a <see cref="DelegateTree.Union"/>.</summary>
/// <param name="Weight">The share relative to the other branches, as in the dtab; finite and not negative.</param>
/// <param name="Tree">The tree of the branch.</param>
public sealed record WeightedDelegateTree(double Weight, DelegateTree Tree)
{
    /// <summary>Gets the share relative to the other branches; finite and not negative.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The weight is negative, infinite or not a number.</exception>
    public double Weight { get; } = TreeWeight.Check(Weight);
}
