namespace Linkerd.Tcp.Naming.Binding;

/// <summary>The known state of a leaf of a tree.</summary>
/// <param name="Current">Its state.</param>
/// <param name="LastGood">The set that it had before it failed.</param>
internal readonly record struct LeafState(Resolution Current, Resolution.Bound? LastGood)
{
    public static LeafState Pending { get; } = new(Resolution.Pending.Instance, null);

    /// <summary>
    /// Its state as a branch of a union: a branch that fails keeps its own last set. No consumer of the union could do that for it, because
    /// the union as a whole goes on being bound.
    /// </summary>
    public Resolution AsBranch => Current is Resolution.Failed or Resolution.Pending ? LastGood ?? Current : Current;

    public LeafState Then(Resolution next) => next switch
    {
        Resolution.Bound bound => new(bound, bound),
        Resolution.Negative => new(next, null),
        _ => new(next, LastGood),
    };
}
