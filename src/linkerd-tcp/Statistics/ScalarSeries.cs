using System.Globalization;

namespace Linkerd.Tcp.Cli.Statistics;

/// <summary>A number: a total that only grows, reported with its rate, or a level.</summary>
/// <param name="tags">The tags.</param>
/// <param name="isTotal">True for a total, false for a level.</param>
/// <param name="isAbsolute">True if a measurement replaces the number, rather than is added to it.</param>
internal sealed class ScalarSeries(KeyValuePair<string, object?>[] tags, bool isTotal, bool isAbsolute) : Series(tags)
{
    private double _value;
    private double _reported;

    /// <inheritdoc/>
    public override void Record(double value)
    {
        if (isAbsolute)
        {
            Volatile.Write(ref _value, value);
        }
        else
        {
            InterlockedDouble.Add(ref _value, value);
        }

        IsCurrent = true;
    }

    /// <inheritdoc/>
    public override string Report(TimeSpan interval)
    {
        var value = Volatile.Read(ref _value);
        if (!isTotal)
        {
            return string.Create(CultureInfo.InvariantCulture, $"value={value:0.######}");
        }

        var rate = interval > TimeSpan.Zero ? (value - _reported) / interval.TotalSeconds : 0;
        _reported = value;
        return string.Create(CultureInfo.InvariantCulture, $"total={value:0.######} rate={rate:0.###}/s");
    }
}
