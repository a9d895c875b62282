using System.Collections.Immutable;
using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.PublicApi.Tests.Embedding;

/// <summary>The least load per effective weight: the example of docs/embed.md. Core's tests compile it too.</summary>
internal sealed class LeastLoadPolicy : ILoadBalancingPolicy
{
    public IEndpointPicker CreatePicker(ImmutableArray<PickCandidate> candidates, IEndpointPicker? previous) => new Picker(candidates);

    private sealed class Picker(ImmutableArray<PickCandidate> candidates) : IEndpointPicker
    {
        public int Pick(in PickContext context)
        {
            var (best, least) = (-1, double.PositiveInfinity);
            for (var i = 0; i < candidates.Length; i++)
            {
                var weight = candidates[i].EffectiveWeight(in context);
                if (weight > 0 && (candidates[i].Load + 1) / weight is var load && load < least)
                {
                    (best, least) = (i, load);
                }
            }

            return best;
        }
    }
}
