namespace Linkerd.Tcp;

/// <content>A draw that has met an endpoint which is not simply well: ejected, in slow start, full, draining, tried or in doubt.</content>
internal sealed partial class P2cDistributor<TMetric>
{
    /// <summary>Goes on with the pair that was drawn: what was drawn counts as the first two draws, so that shares stay exact.</summary>
    private Endpoint? DrawGated(int a, int b, ref DrawScope scope)
    {
        // Which one was taken may be taken away by another thread meanwhile: a probe, the last place.
        for (var i = 0; i < 4; i++)
        {
            var chosen = Choose(i == 0 ? a : DrawOne(scope.Random), i == 0 ? b : DrawOne(scope.Random), ref scope);
            if (chosen is null || chosen.TryTake(ref scope))
            {
                return chosen;
            }
        }

        return null;
    }

    private Endpoint? Choose(int first, int second, ref DrawScope scope)
    {
        var found = -1;
        var foundFactor = 0.0;
        var doubtful = -1;
        for (var i = 0; i < 2 * Redraws; i++)
        {
            var index = i == 0 ? first : i == 1 ? second : DrawOne(scope.Random);
            if (index == found || Draws(index, ref scope) is var factor && factor <= 0)
            {
                // The second was drawn to be another than the first. Where that lost its draw to slow start it may be drawn again.
                second = i == 0 && (_slots[index].Endpoint.Gate & EndpointGate.Ramping) != 0 ? DrawOne(scope.Random) : second;
                continue;
            }

            var gate = _slots[index].Endpoint.Gate;
            if ((gate & EndpointGate.Ejected) != 0 && !scope.IsPanic)
            {
                // Its back-off is over: to know is worth one session, whatever its load.
                return _slots[index].Endpoint;
            }

            if ((gate & EndpointGate.Doubtful) != 0)
            {
                doubtful = index;
            }
            else if (found >= 0)
            {
                return Choose(found, foundFactor, index, factor, ref scope);
            }
            else
            {
                (found, foundFactor) = (index, factor);
            }
        }

        return found >= 0 ? _slots[found].Endpoint
            : Scan(ref scope) ?? (doubtful >= 0 ? _slots[doubtful].Endpoint : null);
    }

    private Endpoint Choose(int a, double factorA, int b, double factorB, ref DrawScope scope) => factorA < 1 || factorB < 1
        ? BetterOfRamping(ref _slots[a], factorA, ref _slots[b], factorB, ref scope)
        : Better(ref _slots[a], ref _slots[b], ref scope);

    /// <summary>The factor of one that was drawn; 0 where it cannot take the session, or loses its draw to slow start.</summary>
    private double Draws(int index, ref DrawScope scope)
    {
        var factor = _slots[index].Endpoint.Admit(ref scope);
        return factor is 0 or 1 || scope.Random.NextDouble() < factor ? factor : 0;
    }

    // What can serve has next to nothing of the weight, or does not exist. From a random place on, so that nobody comes first always.
    private Endpoint? Scan(ref DrawScope scope)
    {
        var slots = _slots;
        var start = (int)Math.BigMul(scope.Random.NextUInt64(), (ulong)slots.Length, out _);
        var found = -1;
        var foundFactor = 0.0;
        var doubtful = -1;
        for (var i = 0; i < slots.Length; i++)
        {
            var index = start + i < slots.Length ? start + i : start + i - slots.Length;
            var factor = slots[index].Endpoint.Admit(ref scope);
            if (factor <= 0)
            {
                continue;
            }

            if ((slots[index].Endpoint.Gate & EndpointGate.Doubtful) != 0)
            {
                doubtful = doubtful < 0 ? index : doubtful;
            }
            else if (found >= 0)
            {
                return Choose(found, foundFactor, index, factor, ref scope);
            }
            else
            {
                (found, foundFactor) = (index, factor);
            }
        }

        return found >= 0 ? slots[found].Endpoint : doubtful >= 0 ? slots[doubtful].Endpoint : null;
    }
}
