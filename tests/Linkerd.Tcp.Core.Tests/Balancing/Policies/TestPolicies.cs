using System.Collections.Immutable;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Tests.Balancing.Policies;

/// <summary>Random by weight, with no look at anything else.</summary>
internal sealed class BlindRandomPolicy(ulong seed = 1) : ILoadBalancingPolicy
{
    private readonly Random _random = RandomSource.Seeded(seed);

    public IEndpointPicker CreatePicker(ImmutableArray<PickCandidate> candidates, IEndpointPicker? previous) => new Picker(candidates, _random);

    private sealed class Picker(ImmutableArray<PickCandidate> candidates, Random random) : IEndpointPicker
    {
        private readonly double _sum = candidates.Sum(static candidate => candidate.Weight);

        public int Pick(in PickContext context)
        {
            double left;
            lock (random)
            {
                left = random.NextDouble() * _sum;
            }

            for (var i = 0; i < candidates.Length; i++)
            {
                left -= candidates[i].Weight;
                if (left < 0)
                {
                    return i;
                }
            }

            return candidates.Length - 1;
        }
    }
}

/// <summary>A policy of two functions.</summary>
internal sealed class FunctionPolicy(Func<ImmutableArray<PickCandidate>, int> pick, Action<ImmutableArray<PickCandidate>, IEndpointPicker?>? onCreate = null) : ILoadBalancingPolicy
{
    public IEndpointPicker CreatePicker(ImmutableArray<PickCandidate> candidates, IEndpointPicker? previous)
    {
        onCreate?.Invoke(candidates, previous);
        return new Picker(this, candidates);
    }

    private sealed class Picker(FunctionPolicy policy, ImmutableArray<PickCandidate> candidates) : IEndpointPicker
    {
        private readonly Func<ImmutableArray<PickCandidate>, int> _pick = policy.Pick;

        public int Pick(in PickContext context) => _pick(candidates);
    }

    private int Pick(ImmutableArray<PickCandidate> candidates) => pick(candidates);
}
