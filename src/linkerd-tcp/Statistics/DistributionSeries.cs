using System.Globalization;

namespace Linkerd.Tcp.Cli.Statistics;

/// <summary>
/// The values since the last report, in eight buckets for each power of two from 2^-30 to 2^40, so that a quantile is within 7 %
/// whatever the unit, in a fixed 4.5 KB.
/// </summary>
internal sealed class DistributionSeries(KeyValuePair<string, object?>[] tags) : Series(tags)
{
    // A double's exponent and the first three bits of its fraction, as one number, grow with the value.
    private const int FractionShift = 52 - 3;
    private static readonly int First = BucketOf(Math.Pow(2, -30));
    private readonly long[] _buckets = new long[BucketOf(Math.Pow(2, 40)) - First + 1];
    private double _sum;
    private double _max;

    /// <inheritdoc/>
    public override void Record(double value)
    {
        var bucket = value > 0 ? Math.Clamp(BucketOf(value) - First, 0, _buckets.Length - 1) : 0;
        Interlocked.Increment(ref _buckets[bucket]);
        InterlockedDouble.Add(ref _sum, value);
        InterlockedDouble.Max(ref _max, value);
        IsCurrent = true;
    }

    /// <inheritdoc/>
    public override string Report(TimeSpan interval)
    {
        var counts = new long[_buckets.Length];
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] = Interlocked.Exchange(ref _buckets[i], 0);
        }

        var count = counts.Sum();
        var sum = Interlocked.Exchange(ref _sum, 0);
        var max = Interlocked.Exchange(ref _max, 0);
        return count == 0
            ? "count=0"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"count={count} mean={sum / count:G4} p50={Quantile(counts, count, 0.5, max):G4} p99={Quantile(counts, count, 0.99, max):G4} max={max:G4}");
    }

    private static int BucketOf(double value) => (int)(BitConverter.DoubleToInt64Bits(value) >> FractionShift);

    private static double LowerBound(int bucket) => BitConverter.Int64BitsToDouble((long)bucket << FractionShift);

    private static double Quantile(long[] counts, long count, double quantile, double max)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(count * quantile));
        for (var i = 0; i < counts.Length; i++)
        {
            rank -= counts[i];
            if (rank <= 0)
            {
                return Math.Min(max, (LowerBound(First + i) + LowerBound(First + i + 1)) / 2);
            }
        }

        return max;
    }
}
