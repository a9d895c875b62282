using Linkerd.Tcp.Naming.Trees;

namespace Linkerd.Tcp.Naming;

/// <summary>A branch of a <see cref="DelegateTree.Union"/>.</summary>
/// <param name="Weight">Its share relative to the other branches, as the dtab has it; finite and not negative.</param>
/// <param name="Tree">The tree of the branch.</param>
public sealed record WeightedDelegateTree(double Weight, DelegateTree Tree)
{
    /// <summary>Its share relative to the other branches: finite and not negative.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The weight is negative, infinite or not a number.</exception>
    public double Weight { get; } = TreeWeight.Check(Weight);
}
