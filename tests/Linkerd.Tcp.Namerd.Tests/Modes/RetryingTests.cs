using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Shared;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Namerd;

/// <summary>How often namerd is asked while it is in trouble.</summary>
public sealed class RetryingTests
{
    [Theory]
    [InlineData(1, 25)]
    [InlineData(5, 20)]
    [InlineData(60, 8)]
    public void Backoff_AMinuteOfErrors_TheTwoQuestionsOfANameComeToLessThanOneASecond(int interval, int most)
    {
        for (var seed = 0UL; seed < 100; seed++)
        {
            var asked = CountInAMinute(RetryDelays.Backoff(RandomSource.Seeded(seed), TimeSpan.FromSeconds(interval)));
            Assert.InRange(asked, 5, most);
            Assert.InRange(2 * asked, 0, 60);
        }
    }

    [Theory]
    [InlineData(1, 45)]
    [InlineData(5, 20)]
    [InlineData(60, 14)]
    public void ServerBackoff_AMinuteOfOutage_LessThanOneRequestASecond(int interval, int most)
    {
        for (var seed = 0UL; seed < 100; seed++)
        {
            Assert.InRange(CountInAMinute(RetryDelays.ServerBackoff(RandomSource.Seeded(seed), TimeSpan.FromSeconds(interval))), 5, most);
        }
    }

    private static int CountInAMinute(Backoff backoff)
    {
        var count = 0;
        for (var at = TimeSpan.Zero; at < TimeSpan.FromMinutes(1); at += backoff.Next())
        {
            count++;
        }

        return count;
    }
}
