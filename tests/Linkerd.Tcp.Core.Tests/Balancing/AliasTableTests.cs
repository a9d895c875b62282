using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Primitives;
using Xunit;

namespace Linkerd.Tcp;

public sealed class AliasTableTests
{
    [Theory]
    [InlineData(new[] { 1.0 })]
    [InlineData(new[] { 1.0, 1, 1 })]
    [InlineData(new[] { 9.0, 1 })]
    [InlineData(new[] { 10.0, 1, 1, 1, 1, 1, 1, 1, 1, 1 })]
    [InlineData(new[] { 1e308, 5e307, 1e300 })]
    [InlineData(new[] { 1e-300, 2e-300, 5e-324 })]
    [InlineData(new[] { 5e-324, 5e-324 })]
    public void Draw_EvenlySpacedBits_FollowsWeights(double[] weights)
    {
        const int draws = 1 << 16;
        var table = new AliasTable(weights);
        var counts = new int[weights.Length];

        // Every 2^48th number: the whole range once, so that no luck is involved.
        for (var i = 0UL; i < draws; i++)
        {
            counts[table.Draw(i << 48)]++;
        }

        var greatest = weights.Max();
        var sum = weights.Sum(weight => weight / greatest);
        for (var i = 0; i < weights.Length; i++)
        {
            var expected = draws * (weights[i] / greatest / sum);
            Assert.InRange(counts[i], expected - weights.Length - 1, expected + weights.Length + 1);
        }
    }

    [Fact]
    public void Draw_ManyRandomWeights_FollowsWeights()
    {
        const int count = 1000;
        const int draws = 1_000_000;
        var random = RandomSource.Seeded(1);
        var weights = Enumerable.Range(0, count).Select(_ => Math.Exp(4 * random.NextDouble())).ToArray();
        var table = new AliasTable(weights);
        var counts = new int[count];
        for (var i = 0; i < draws; i++)
        {
            counts[table.Draw(random.NextUInt64())]++;
        }

        // Chi squared with 999 degrees of freedom: mean 999, deviation 45.
        var sum = weights.Sum();
        var chiSquared = weights.Select((weight, i) => Math.Pow(counts[i] - (draws * weight / sum), 2) / (draws * weight / sum)).Sum();
        Assert.InRange(chiSquared, 999 - 180, 999 + 180);
    }
}
