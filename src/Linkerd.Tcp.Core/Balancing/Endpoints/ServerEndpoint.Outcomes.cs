using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Balancing;

/// <content>What became of connects, and what follows from it.</content>
public sealed partial class ServerEndpoint
{
    // A failure counts as a connect that took so long, so that one that fails fast never looks good (linkerd2's load biaser).
    private static readonly TimeSpan FailurePenalty = TimeSpan.FromSeconds(5);

    // Connects that may be pending while it recovers, at the most: what a short backlog holds (net.core.somaxconn was 128 for long, nginx and Kestrel ask
    // for 512). Beyond, SYNs of a crowd that has waited would be dropped, and sent again only after a second.
    private const int MostAllowed = 128;

    private CircuitBreaker _breaker;
    private long _patience;
    private double _usualSeconds;

    /// <summary>Whether it is ejected.</summary>
    public BreakerState Breaker
    {
        get
        {
            lock (_policy.Lock)
            {
                return _breaker.State;
            }
        }
    }

    /// <summary>Peak EWMA of connect latency, in seconds, failures included as 5 s at the least; 0 before the first.</summary>
    internal double ExpectedLatency(long now) => _counters.Latency.At(now, _policy);

    /// <summary>The same for two of one balancer, as of the time of the younger estimate.</summary>
    internal static void ReadLatencies(ServerEndpoint a, ServerEndpoint b, out double secondsA, out double secondsB) =>
        LatencyAverage.Level(in a._counters.Latency, in b._counters.Latency, a._policy, out secondsA, out secondsB);

    /// <summary>
    /// Whether refusals end by themselves: enough of them in a row eject it. Not if its breaker is turned off, nor while it is the only endpoint.
    /// </summary>
    internal bool HasBreaker => _policy.Options.Breaker.Failures > 0 && _policy.Count > 1;

    /// <summary>How long a connect usually takes; zero where none has succeeded.</summary>
    internal TimeSpan UsualLatency => TimeSpan.FromSeconds(Volatile.Read(ref _usualSeconds));

    internal void OnConnected(LeaseKind kind, TimeSpan elapsed)
    {
        Interlocked.Increment(ref _counters.Open);
        var now = _policy.Now;
        if (_breaker.IsEjected)
        {
            // Its failures are over, and slow start keeps the crowd away: what they counted for would keep it away for a minute.
            _counters.Latency.Reset(elapsed, now);
        }
        else
        {
            _counters.Latency.Observe(elapsed, now, _policy);
        }
        NoteAnswer();
        if ((Gate & AdmissionGate.OtherFamily) != 0)
        {
            ClearGate(AdmissionGate.OtherFamily);
            Host?.Trust(Address.AddressFamily);
        }

        var usual = Volatile.Read(ref _usualSeconds);
        usual += usual == 0 ? elapsed.TotalSeconds : (elapsed.TotalSeconds - usual) / 8;
        Volatile.Write(ref _usualSeconds, usual);
        SetPatience(usual);
        if (_breaker.Failures != 0 || _breaker.IsEjected || Volatile.Read(ref _allowance) != int.MaxValue)
        {
            Recover(kind, now);
        }
    }

    internal void OnFailed(LeaseKind kind, ConnectFailure cause, TimeSpan elapsed)
    {
        if (cause is ConnectFailure.None or ConnectFailure.LocalResources or ConnectFailure.Cancelled)
        {
            return;
        }

        Interlocked.Increment(ref _counters.ConnectFailures);
        var now = _policy.Now;
        _counters.Latency.Observe(elapsed > FailurePenalty ? elapsed : FailurePenalty, now, _policy);
        if (cause != ConnectFailure.TimedOut)
        {
            NoteAnswer();
        }
        else if (kind != LeaseKind.Panic)
        {
            // In a panic everything fails, and an attempt has less than its time.
            Host?.Doubt(this, now);
        }

        lock (_policy.Lock)
        {
            var failures = _breaker.CountFailure();
            if (!HasBreaker)
            {
                return;
            }

            // One that is ejected has failed the probe that its back-off allowed; those of a panic, and those from before, say nothing new.
            if (_breaker.IsEjected ? kind == LeaseKind.Probe : failures >= _policy.Options.Breaker.Failures)
            {
                Eject(EjectionCause.ConnectFailures, now);
            }
        }
    }

    internal void Release(LeaseKind kind, bool wasOpen)
    {
        if (wasOpen)
        {
            Interlocked.Decrement(ref _counters.Open);
        }

        Interlocked.Increment(ref _counters.Released);
        Observers?.Notify(except: null);
        if (!wasOpen && Volatile.Read(ref _counters.UnansweredSince) != 0 && Pending == 0)
        {
            // Nobody waits for an answer any more.
            NoteAnswer();
        }

        if (kind != LeaseKind.Normal && !wasOpen)
        {
            ReturnProbe();
            _policy.NotifyChanged();
        }
        else if ((Gate & AdmissionGate.Limited) != 0)
        {
            _policy.NotifyChanged();
        }
    }

    private void SetPatience(double usual) =>
        Volatile.Write(ref _patience, Math.Max(_policy.AnswerPatience, (long)(4 * usual * _policy.Options.TimeProvider.TimestampFrequency)));

    /// <summary>Under the policy's lock.</summary>
    private void Eject(EjectionCause cause, long now)
    {
        var was = _breaker.IsEjected;
        _breaker.Open(cause, _policy, now);
        NoteEjection(was);
    }

    /// <summary>Sets the gate as the breaker says, and counts. Under the policy's lock.</summary>
    private void NoteEjection(bool was)
    {
        if (_breaker.IsEjected)
        {
            SetGate(AdmissionGate.Ejected);
            if (!was)
            {
                Interlocked.Increment(ref _ejections);
            }
        }
        else if (was)
        {
            ClearGate(AdmissionGate.Ejected);
        }

        NoteCauses();
    }

    private void Recover(LeaseKind kind, long now)
    {
        bool recovered;
        lock (_policy.Lock)
        {
            var was = _breaker.IsEjected;
            if (kind != LeaseKind.Normal)
            {
                _breaker.IsProbing = false;
            }

            _breaker.Succeed(kind, _policy, now);
            recovered = was && !_breaker.IsEjected;
            if (recovered)
            {
                StartRecovery(now);
                HastenOthers(now);
            }

            NoteEjection(was);
        }

        if (!recovered && Volatile.Read(ref _allowance) is var allowance and < MostAllowed)
        {
            // As TCP's slow start: each success lets one more in than it made room for.
            Interlocked.CompareExchange(ref _allowance, allowance + 1, allowance);
        }

        _policy.NotifyChanged();
    }

    /// <summary>From ejected to well: slowly. Under the policy's lock.</summary>
    private void StartRecovery(long now)
    {
        StartRamp(now);
        if ((Gate & AdmissionGate.Ramping) != 0)
        {
            Volatile.Write(ref _allowance, 2);
            SetGate(AdmissionGate.Limited);
        }
    }

    /// <summary>
    /// Where it is the first of all to be well again: what ailed the others may be over too, and it should not carry everything alone until back-offs
    /// are over that grew in a common outage. Under the policy's lock.
    /// </summary>
    private void HastenOthers(long now)
    {
        var members = _policy.Members;
        for (var i = 0; i < members.Count; i++)
        {
            if (members[i] != this && !members[i]._breaker.IsEjected)
            {
                return;
            }
        }

        for (var i = 0; i < members.Count; i++)
        {
            if (members[i] != this)
            {
                members[i]._breaker.ShortenBackoff(_policy, now);
            }
        }
    }

    private void ReturnProbe()
    {
        lock (_policy.Lock)
        {
            _breaker.IsProbing = false;
        }
    }

    private void NoteAnswer()
    {
        if (Volatile.Read(ref _counters.UnansweredSince) != 0)
        {
            Volatile.Write(ref _counters.UnansweredSince, 0);
        }

        if ((Gate & AdmissionGate.Silent) != 0)
        {
            ClearGate(AdmissionGate.Silent);
        }
    }
}
