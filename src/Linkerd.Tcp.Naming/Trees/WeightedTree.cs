using Linkerd.Tcp.Naming.Trees;

namespace Linkerd.Tcp.Naming;

/// <summary>Represents a branch of a union. Immutable; any thread.</summary>
/// <param name="Weight">The share relative to the other branches; finite and not negative, default 1.</param>
/// <param name="Tree">The tree of the branch.</param>
public sealed record WeightedTree(double Weight, NameTree Tree)
{
    /// <summary>Gets the share relative to the other branches: finite and not negative.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The weight is negative, infinite or not a number.</exception>
    public double Weight { get; } = TreeWeight.Check(Weight);

    /// <summary>Prints the weight in full, without an exponent, or not if it is 1; an alternative or a union as a branch stands in parentheses.</summary>
    public override string ToString() => new NameTreePrinter(NameTreeFormat.Exact).Print(this);
}
