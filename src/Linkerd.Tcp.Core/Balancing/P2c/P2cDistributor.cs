using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Balancing.P2c;

/// <summary>Power of two choices over one group; <see cref="BalancerKind.P2c"/> has the rule.</summary>
/// <typeparam name="TMetric">What makes one of two candidates the better one.</typeparam>
internal sealed class P2cDistributor<TMetric> : Distributor
    where TMetric : struct, ILoadMetric
{
    // The number of further draws for a candidate that was drawn already or cannot take the session.
    private const int Redraws = 8;

    private readonly WeightedSlot[] _slots;
    private readonly AliasTable? _table;

    // By slot; null, without a look-up, if no endpoint is in another group too.
    private readonly EndpointBranch?[]? _branches;

    private P2cDistributor(WeightedSlot[] slots, AliasTable? table, EndpointBranch?[]? branches)
    {
        _slots = slots;
        _table = table;
        _branches = branches;
    }

    /// <summary>A <see cref="DistributorFactory"/>.</summary>
    public static Distributor Create(ReadOnlySpan<GroupMember> members, Distributor? previous)
    {
        var old = previous as P2cDistributor<TMetric>;
        return new P2cDistributor<TMetric>(WeightedSlot.Make(members, old?._slots ?? [], old?._branches), AliasTable.Of(members), GroupMember.BranchesOf(members));
    }

    public override ServerEndpoint? Choose(ref PickState scope)
    {
        var slots = _slots;
        if (slots.Length == 1)
        {
            return DrawOnly(ref scope);
        }

        DrawPair(scope.Random, out var a, out var b);
        ref var slotA = ref slots[a];
        ref var slotB = ref slots[b];
        if ((slotA.Endpoint.Gate | slotB.Endpoint.Gate) != 0 || scope.NeedsAdmissionCheck || _branches is not null)
        {
            return TakeGated(a, b, ref scope);
        }

        var better = a == b ? slotA.Endpoint : P2cRule<TMetric>.Better(ref slotA, ref slotB, ref scope);
        return better.TryTake(ref scope) ? better : TakeGated(a, b, ref scope);
    }

    public override bool CanServe(ref PickState scope)
    {
        foreach (ref readonly var slot in _slots.AsSpan())
        {
            if (slot.Endpoint.Admit(ref scope) > 0)
            {
                return true;
            }
        }

        return false;
    }

    private ServerEndpoint? TakeGated(int a, int b, ref PickState scope) => new P2cGatedDraw<TMetric>(_slots, _table, _branches).Take(a, b, ref scope);

    private ServerEndpoint? DrawOnly(ref PickState scope)
    {
        var endpoint = _slots[0].Endpoint;
        return endpoint.Admit(ref scope) > 0 && endpoint.TryTake(ref scope, _branches?[0]) ? endpoint : null;
    }

    // The same twice only if one weight is nearly all of the sum.
    private void DrawPair(IRandomSource random, out int a, out int b)
    {
        var bits = random.NextUInt64();
        var count = (uint)_slots.Length;
        if (_table is null || count == 2)
        {
            // Both from one draw: b is drawn from one fewer, and steps over a.
            a = (int)(((bits >> 32) * count) >> 32);
            b = (int)(((uint)bits * (ulong)(count - 1)) >> 32);
            b += b >= a ? 1 : 0;
            return;
        }

        a = _table.Draw(bits);
        b = _table.Draw(AliasTable.Mix(bits));
        for (var i = 0; a == b && i < Redraws; i++)
        {
            b = _table.Draw(random.NextUInt64());
        }
    }
}
