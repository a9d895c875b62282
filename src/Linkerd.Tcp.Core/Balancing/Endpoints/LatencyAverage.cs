namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>
/// A peak EWMA of connect latency: a longer one counts at once, a shorter one decays gradually, and without samples it fades. A mutable struct, part of its
/// endpoint. Any thread; two that write at once lose one of the two samples.
/// </summary>
/// <remarks>Finagle's Peak EWMA: on a sample above the estimate, the sample; below, <c>est * e^(-dt/tau) + sample * (1 - e^(-dt/tau))</c>; tau 10 s.</remarks>
internal struct LatencyAverage
{
    private const double DecaySeconds = 10;

    private double _seconds;
    private long _at;

    /// <summary>Takes a sample in.</summary>
    public void Observe(TimeSpan latency, long now, EndpointPolicy policy)
    {
        var seconds = latency.TotalSeconds;
        var current = Volatile.Read(ref _seconds);
        if (seconds < current)
        {
            var kept = Fade(now - Volatile.Read(ref _at), policy);
            seconds = (current * kept) + (seconds * (1 - kept));
        }

        Volatile.Write(ref _seconds, seconds);
        Volatile.Write(ref _at, now);
    }

    /// <summary>Restarts from one sample.</summary>
    public void Reset(TimeSpan latency, long now)
    {
        Volatile.Write(ref _seconds, latency.TotalSeconds);
        Volatile.Write(ref _at, now);
    }

    /// <summary>Gets the estimate at a time, in seconds; 0 if there is none.</summary>
    public double At(long now, EndpointPolicy policy) =>
        Volatile.Read(ref _seconds) is var seconds and not 0 ? seconds * Fade(now - Volatile.Read(ref _at), policy) : 0;

    /// <summary>
    /// Two estimates as of one time, in seconds: the older one faded as it has since the younger was made. Their comparison does not depend on the time
    /// now, so that no clock is read.
    /// </summary>
    public static void Level(in LatencyAverage a, in LatencyAverage b, EndpointPolicy policy, out double secondsA, out double secondsB)
    {
        secondsA = Volatile.Read(in a._seconds);
        secondsB = Volatile.Read(in b._seconds);
        var younger = Volatile.Read(in a._at) - Volatile.Read(in b._at);
        if (younger == 0)
        {
            return;
        }

        var kept = Fade(Math.Abs(younger), policy);
        secondsA *= younger < 0 ? kept : 1;
        secondsB *= younger > 0 ? kept : 1;
    }

    // e^-x by the first terms of e^x in the denominator: within 1 % up to x = 2, falling for ever after, and a fraction of the cost.
    private static double Fade(long elapsed, EndpointPolicy policy)
    {
        var x = Math.Max(0, elapsed) * policy.SecondsPerTick / DecaySeconds;
        return 1 / (1 + (x * (1 + (x / 2 * (1 + (x / 3 * (1 + (x / 4))))))));
    }
}
