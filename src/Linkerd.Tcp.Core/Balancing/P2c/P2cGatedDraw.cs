using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Balancing.P2c;

/// <summary>
/// A draw that has met an endpoint which is not simply well: ejected, in slow start, full, draining, tried or in doubt. And every draw of a group that shares
/// endpoints with another.
/// </summary>
/// <param name="slots">The endpoints of the group.</param>
/// <param name="table">Draws one of them; null if all weights are equal.</param>
/// <param name="branches">The counters of the group, by slot; null if no endpoint is in another group too.</param>
/// <typeparam name="TMetric">Decides which of two candidates is the better one.</typeparam>
internal readonly ref struct P2cGatedDraw<TMetric>(WeightedSlot[] slots, AliasTable? table, EndpointBranch?[]? branches)
    where TMetric : struct, ILoadMetric
{
    // The number of draws of two candidates that cannot take the session, or are the same.
    private const int MaxDraws = 16;

    /// <summary>Goes on with the pair that was drawn: it counts as the first two draws, so that shares stay exact.</summary>
    public ServerEndpoint? Take(int a, int b, ref PickState scope)
    {
        // The one that is taken may be taken away by another thread meanwhile: a probe, the last place.
        for (var i = 0; i < 4; i++)
        {
            var chosen = Choose(i == 0 ? a : DrawOne(scope.Random), i == 0 ? b : DrawOne(scope.Random), ref scope);
            if (chosen < 0)
            {
                return null;
            }

            var endpoint = slots[chosen].Endpoint;
            if (endpoint.TryTake(ref scope, branches?[chosen]))
            {
                return endpoint;
            }
        }

        return null;
    }

    // The index of the slot; -1 for none.
    private int Choose(int first, int second, ref PickState scope)
    {
        var found = -1;
        var foundFactor = 0.0;
        var doubtful = -1;
        for (var i = 0; i < MaxDraws; i++)
        {
            var index = i == 0 ? first : i == 1 ? second : DrawOne(scope.Random);
            if (index == found || Draws(index, ref scope) is var factor && factor <= 0)
            {
                // The second was drawn to be another than the first. If the first lost its draw to slow start it may be drawn again.
                second = i == 0 && (slots[index].Endpoint.Gate & AdmissionGate.Ramping) != 0 ? DrawOne(scope.Random) : second;
                continue;
            }

            var gate = slots[index].Endpoint.Gate;
            if ((gate & AdmissionGate.Ejected) != 0 && !scope.IsPanic)
            {
                // Its back-off is over: the result is worth one session, whatever its load.
                return index;
            }

            if ((gate & AdmissionGate.Suspect) != 0)
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

        if (found < 0)
        {
            found = Scan(ref scope);
        }

        return found >= 0 ? found : doubtful;
    }

    private int Choose(int a, double factorA, int b, double factorB, ref PickState scope)
    {
        ref var slotA = ref slots[a];
        ref var slotB = ref slots[b];
        var (branchA, branchB) = (branches?[a], branches?[b]);
        var loadA = EndpointBranch.ReadLoad(slotA.Endpoint, branchA, out var picksA);
        var loadB = EndpointBranch.ReadLoad(slotB.Endpoint, branchB, out var picksB);
        if (factorA == 1 && factorB == 1)
        {
            return P2cRule<TMetric>.IsBetter(ref slotA, branchA, loadA, picksA, ref slotB, branchB, loadB, picksB, ref scope) ? b : a;
        }

        var candidateA = new Candidate(slotA.Endpoint, slotA.Weight * factorA, loadA, branchA);
        var candidateB = new Candidate(slotB.Endpoint, slotB.Weight * factorB, loadB, branchB);
        return P2cRule<TMetric>.IsBetterOfRamping(ref slotA, in candidateA, picksA, ref slotB, in candidateB, picksB, ref scope) ? b : a;
    }

    /// <summary>Gets the factor of one that was drawn; 0 if it cannot take the session, or loses its draw to slow start.</summary>
    private double Draws(int index, ref PickState scope)
    {
        var factor = slots[index].Endpoint.Admit(ref scope);
        return factor is 0 or 1 || scope.Random.NextDouble() < factor ? factor : 0;
    }

    // The endpoints that can serve have next to nothing of the weight, or do not exist. From a random place on, so that none always comes first.
    private int Scan(ref PickState scope)
    {
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

            if ((slots[index].Endpoint.Gate & AdmissionGate.Suspect) != 0)
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

        return found >= 0 ? found : doubtful;
    }

    private int DrawOne(IRandomSource random)
    {
        var bits = random.NextUInt64();
        return table is null ? (int)Math.BigMul(bits, (ulong)slots.Length, out _) : table.Draw(bits);
    }
}
