using System.Diagnostics;

namespace Linkerd.Tcp.LoadTest.Traffic;

/// <summary>Lets bytes out at a rate. What could not be sent in time is made up for a few turns only, so a stall is not followed by a burst.</summary>
internal sealed class Pacer(long bytesPerSecond)
{
    private const int TurnsToCatchUp = 4;
    private readonly double _ticksPerByte = Stopwatch.Frequency / (double)bytesPerSecond;
    private long _due;

    /// <summary>When so many bytes may be sent; now or earlier: at once.</summary>
    public long NextTurn(long now, int turnBytes)
    {
        var slack = (long)(turnBytes * _ticksPerByte * TurnsToCatchUp);
        _due = Math.Max(_due, now - slack);
        return _due;
    }

    /// <summary>Counts what was sent.</summary>
    public void Sent(long bytes) => _due += (long)(bytes * _ticksPerByte);
}
