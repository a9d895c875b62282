using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Balancing.Composition;

/// <summary>
/// A split: each branch gets its exact share, whatever its number of endpoints; the share of a branch that cannot serve goes to the
/// others in proportion to theirs.
/// </summary>
internal sealed class SplitDistributor : Distributor
{
    private readonly Distributor[] _branches;
    private readonly double[] _weights;
    private readonly AliasTable _table;

    /// <summary>Creates a split.</summary>
    /// <param name="branches">The branches, at least one.</param>
    /// <param name="weights">Their weights, each more than 0 and finite.</param>
    public SplitDistributor(Distributor[] branches, double[] weights)
    {
        _branches = branches;
        _table = new AliasTable(weights);

        // As shares of the greatest: the sum in DrawFromRest must not overflow.
        var greatest = weights.Max();
        _weights = Array.ConvertAll(weights, weight => Math.Max(weight / greatest, double.Epsilon));
    }

    public override ServerEndpoint? Choose(ref PickState scope) =>
        _branches[_table.Draw(scope.Random.NextUInt64())].Choose(ref scope) ?? DrawFromRest(ref scope);

    public override bool CanServe(ref PickState scope)
    {
        foreach (var branch in _branches)
        {
            if (branch.CanServe(ref scope))
            {
                return true;
            }
        }

        return false;
    }

    // One pass that keeps each branch with the chance that its weight has among those seen so far: the draw is exact, and needs
    // no memory of the branches that failed.
    private ServerEndpoint? DrawFromRest(ref PickState scope)
    {
        var sum = 0.0;
        Distributor? chosen = null;
        for (var i = 0; i < _branches.Length; i++)
        {
            if (_branches[i].CanServe(ref scope))
            {
                sum += _weights[i];
                if (chosen is null || scope.Random.NextDouble() * sum < _weights[i])
                {
                    chosen = _branches[i];
                }
            }
        }

        return chosen?.Choose(ref scope);
    }
}
