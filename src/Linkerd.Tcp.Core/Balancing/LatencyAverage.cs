namespace Linkerd.Tcp;

/// <summary>
/// A peak EWMA of connect latency: a longer one counts at once, a shorter one by and by, and without news it fades. Any thread; two that write at
/// once lose one of the two samples.
/// </summary>
/// <remarks>Finagle's Peak EWMA: on a sample above the estimate, the sample; below, <c>est * e^(-dt/tau) + sample * (1 - e^(-dt/tau))</c>; tau 10 s.</remarks>
internal sealed class LatencyAverage
{
    private static readonly TimeSpan Decay = TimeSpan.FromSeconds(10);

    private double _seconds;
    private long _at;

    /// <summary>Takes a sample in.</summary>
    public void Observe(TimeSpan latency, long now, EndpointPolicy policy)
    {
        var seconds = latency.TotalSeconds;
        var current = Volatile.Read(ref _seconds);
        if (seconds < current)
        {
            var kept = Fade(policy.Elapsed(Volatile.Read(ref _at), now));
            seconds = (current * kept) + (seconds * (1 - kept));
        }

        Volatile.Write(ref _seconds, seconds);
        Volatile.Write(ref _at, now);
    }

    /// <summary>The estimate at a time, in seconds; 0 where there is none.</summary>
    public double At(long now, EndpointPolicy policy) => Volatile.Read(ref _seconds) is var seconds and not 0 ? seconds * Fade(policy.Elapsed(Volatile.Read(ref _at), now)) : 0;

    // e^-x by the first terms of e^x in the denominator: within 1 % up to x = 2, falling for ever after, and a fraction of the cost.
    private static double Fade(TimeSpan elapsed)
    {
        var x = Math.Max(0, elapsed / Decay);
        return 1 / (1 + (x * (1 + (x / 2 * (1 + (x / 3 * (1 + (x / 4))))))));
    }
}
