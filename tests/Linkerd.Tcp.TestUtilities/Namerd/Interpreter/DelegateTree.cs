using System.Collections.Immutable;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>How a name is bound, step by step.</summary>
/// <param name="Path">The name at this step.</param>
/// <param name="Entry">The entry of the dtab that led here; null where none did.</param>
internal abstract record DelegateTree(DstPath Path, DtabEntry? Entry)
{
    public sealed record Empty(DstPath Path, DtabEntry? Entry) : DelegateTree(Path, Entry);

    public sealed record Fail(DstPath Path, DtabEntry? Entry) : DelegateTree(Path, Entry);

    public sealed record Neg(DstPath Path, DtabEntry? Entry) : DelegateTree(Path, Entry);

    public sealed record Throws(DstPath Path, DtabEntry? Entry, string Message) : DelegateTree(Path, Entry);

    /// <summary>A name that is still to be looked up.</summary>
    public sealed record Name(DstPath Path, DtabEntry? Entry, DstPath Next) : DelegateTree(Path, Entry);

    public sealed record Leaf(DstPath Path, DtabEntry? Entry, BoundTree.Leaf Bound) : DelegateTree(Path, Entry);

    public sealed record Step(DstPath Path, DtabEntry? Entry, DelegateTree Next) : DelegateTree(Path, Entry);

    public sealed record Alt(DstPath Path, DtabEntry? Entry, ImmutableArray<DelegateTree> Branches) : DelegateTree(Path, Entry);

    public sealed record Union(DstPath Path, DtabEntry? Entry, ImmutableArray<(double Weight, DelegateTree Tree)> Branches) : DelegateTree(Path, Entry);

    /// <summary>This tree as it is shown: steps that lead nowhere else are left out, and the alternatives of one name stand side by side.</summary>
    public DelegateTree Simplify() => this switch
    {
        Step step => Simplify(step),
        Alt alt => alt with
        {
            Branches = [.. alt.Branches.Select(branch => branch.Simplify()).SelectMany(branch => branch is Alt inner && inner.Path == Path ? inner.Branches : [branch])],
        },
        Union union => union with { Branches = [.. union.Branches.Select(branch => (branch.Weight, branch.Tree.Simplify()))] },
        _ => this,
    };

    private static DelegateTree Simplify(Step step)
    {
        var next = step.Next.Simplify();
        return next is not (Neg or Fail or Empty) && next.Path == step.Path ? next with { Entry = step.Entry } : step with { Next = next };
    }
}
