namespace Linkerd.Tcp;

/// <summary>Power of two choices over one group; <see cref="LoadBalancers.P2c"/> has the rule.</summary>
internal sealed partial class P2cDistributor : Distributor
{
    // How often a candidate is drawn again that was drawn already or cannot take the session.
    private const int Redraws = 8;

    private readonly Slot[] _slots;
    private readonly AliasTable? _table;

    private P2cDistributor(Slot[] slots, AliasTable? table)
    {
        _slots = slots;
        _table = table;
    }

    public override Endpoint? Draw(in PickContext context, IRandomSource random)
    {
        if (!context.Tried.IsEmpty)
        {
            return DrawUsable(in context, random);
        }

        var slots = _slots;
        if (slots.Length == 1)
        {
            return slots[0].Endpoint;
        }

        DrawPair(random, out var a, out var b);
        return a == b ? slots[a].Endpoint : Better(ref slots[a], ref slots[b]);
    }

    public override bool CanServe(in PickContext context)
    {
        foreach (ref readonly var slot in _slots.AsSpan())
        {
            if (IsUsable(slot.Endpoint, in context))
            {
                return true;
            }
        }

        return false;
    }

    // The same twice only where one weight is nearly all of the sum.
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
        b = _table.Draw(Mix(bits));
        for (var i = 0; a == b && i < Redraws; i++)
        {
            b = _table.Draw(random.NextUInt64());
        }
    }

    // A second draw from the bits of the first, cheaper than one more from the source: what the first has left beside its index is more
    // than enough to be independent of it. Multiplied so that the upper bits, which decide the index, hang on all of them.
    private static ulong Mix(ulong bits)
    {
        bits = (bits ^ (bits >> 32)) * 0xD6E8FEB86659FD93;
        return bits ^ (bits >> 32);
    }

    private Endpoint? DrawUsable(in PickContext context, IRandomSource random)
    {
        var slots = _slots;
        var found = -1;
        for (var i = 0; i < 2 * Redraws; i++)
        {
            var index = DrawOne(random);
            if (index != found && IsUsable(slots[index].Endpoint, in context))
            {
                if (found >= 0)
                {
                    return Better(ref slots[found], ref slots[index]);
                }

                found = index;
            }
        }

        return found >= 0 ? slots[found].Endpoint : Scan(in context, random);
    }

    private int DrawOne(IRandomSource random)
    {
        var bits = random.NextUInt64();
        return _table is null ? (int)Math.BigMul(bits, (ulong)_slots.Length, out _) : _table.Draw(bits);
    }

    // What can serve has next to nothing of the weight, or does not exist. From a random place on, so that nobody comes first always.
    private Endpoint? Scan(in PickContext context, IRandomSource random)
    {
        var slots = _slots;
        var start = (int)Math.BigMul(random.NextUInt64(), (ulong)slots.Length, out _);
        var found = -1;
        for (var i = 0; i < slots.Length; i++)
        {
            var index = start + i < slots.Length ? start + i : start + i - slots.Length;
            if (IsUsable(slots[index].Endpoint, in context))
            {
                if (found >= 0)
                {
                    return Better(ref slots[found], ref slots[index]);
                }

                found = index;
            }
        }

        return found >= 0 ? slots[found].Endpoint : null;
    }
}
