namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>The suspicion that one endpoint leaves connects without an answer for longer than it should. A mutable struct, part of its endpoint. Any thread;
/// two that race write nearly the same.</summary>
internal struct Suspicion(EndpointPolicy policy)
{
    private long _patience = policy.AnswerPatience;
    private double _usualSeconds;

    /// <summary>Gets the time that a connect usually takes; zero if none has succeeded.</summary>
    public readonly TimeSpan UsualLatency => TimeSpan.FromSeconds(Volatile.Read(in _usualSeconds));

    /// <summary>Notes an attempt: the first of those that wait for an answer, and whether it has waited for too long.</summary>
    public readonly void RecordAttempt(ref EndpointLoad load, long now)
    {
        var since = load.UnansweredSince;
        if (since == 0)
        {
            load.UnansweredSince = now;
        }
        else if (now - since > Volatile.Read(in _patience) && (load.Gate & AdmissionGate.Silent) == 0)
        {
            load.Close(AdmissionGate.Silent);
        }
    }

    /// <summary>Takes a connect that succeeded into account.</summary>
    public void RecordLatency(TimeSpan elapsed, EndpointPolicy policy)
    {
        var usual = Volatile.Read(ref _usualSeconds);
        usual += usual == 0 ? elapsed.TotalSeconds : (elapsed.TotalSeconds - usual) / 8;
        Volatile.Write(ref _usualSeconds, usual);
        SetPatience(policy);
    }

    /// <summary>Derives the patience from the options and the usual latency.</summary>
    public void SetPatience(EndpointPolicy policy) =>
        Volatile.Write(ref _patience, Math.Max(policy.AnswerPatience, (long)(4 * Volatile.Read(ref _usualSeconds) * policy.TimeProvider.TimestampFrequency)));

    /// <summary>Notes an answer, or that no attempt waits for one any more.</summary>
    public static void RecordAnswer(ref EndpointLoad load)
    {
        if (load.UnansweredSince != 0)
        {
            load.UnansweredSince = 0;
        }

        if ((load.Gate & AdmissionGate.Silent) != 0)
        {
            load.Clear(AdmissionGate.Silent);
        }
    }
}
