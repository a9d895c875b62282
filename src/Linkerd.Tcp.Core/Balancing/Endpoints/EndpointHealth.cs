using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>
/// The evidence against one endpoint, and its consequences: breaker, ejection, suspicion, slow start. A mutable struct, part of its endpoint, which its methods are given. Any thread; the breaker
/// under the lock of the <see cref="EndpointPolicy"/>.
/// </summary>
internal struct EndpointHealth(EndpointPolicy policy)
{
    // A failure counts as a connect that took this long, so that one that fails fast never looks good (linkerd2's load biaser).
    private static readonly TimeSpan FailurePenalty = TimeSpan.FromSeconds(5);

    /// <summary>The ramp to the full weight.</summary>
    public SlowStartRamp SlowStart = new();

    /// <summary>Connects without an answer.</summary>
    public Suspicion Suspicion = new(policy);

    private CircuitBreaker _breaker;
    private long _ejections;

    // The breaker's, to be read without the lock.
    private int _causes;

    /// <summary>Gets a copy of the breaker. Under the policy's lock.</summary>
    public readonly CircuitBreaker Breaker => _breaker;

    /// <summary>Gets the number of ejections, in total.</summary>
    public readonly long Ejections => Volatile.Read(in _ejections);

    /// <summary>Gets a value that indicates whether it is ejected because its active check marks it as down.</summary>
    public readonly bool IsDown => ((EjectionCause)Volatile.Read(in _causes) & EjectionCause.Check) != 0;

    /// <summary>Returns true if the one connection that tries it while it is ejected may be made now.</summary>
    public readonly bool IsProbeDue(long now) => _breaker.IsProbeDue(now);

    /// <summary>Gets a value that indicates whether one connection is trying it.</summary>
    public readonly bool IsProbing => _breaker.IsProbing;

    /// <summary>Takes the one connection that tries it. Under the policy's lock.</summary>
    /// <returns>False if it is taken, or not due; null if it is not ejected any more.</returns>
    public bool? TryBeginProbe(bool isPanic, long now, out LeaseKind kind)
    {
        kind = LeaseKind.Normal;
        if (!_breaker.IsEjected)
        {
            return null;
        }

        if (_breaker.IsProbing || !(isPanic || _breaker.IsProbeDue(now)))
        {
            return false;
        }

        _breaker.IsProbing = true;
        kind = isPanic ? LeaseKind.Panic : LeaseKind.Probe;
        return true;
    }

    /// <summary>Called when the connection that tried it has ended without a result.</summary>
    public void EndProbe(EndpointPolicy policy)
    {
        lock (policy.Lock)
        {
            _breaker.IsProbing = false;
        }
    }

    public void OnConnected(ServerEndpoint endpoint, ref EndpointLoad load, LeaseKind kind, TimeSpan elapsed)
    {
        var policy = endpoint.Policy;
        var now = policy.Now;
        if (_breaker.IsEjected)
        {
            // Its failures are over, and slow start keeps the crowd away: their samples would keep it away for a minute.
            load.Latency.Reset(elapsed, now);
        }
        else
        {
            load.Latency.Observe(elapsed, now, policy);
        }

        Suspicion.RecordAnswer(ref load);
        if ((load.Gate & AdmissionGate.OtherFamily) != 0)
        {
            load.Clear(AdmissionGate.OtherFamily);
            endpoint.Host?.Trust(endpoint.Address.AddressFamily);
        }

        Suspicion.RecordLatency(elapsed, policy);
        if (_breaker.Failures != 0 || _breaker.IsEjected || SlowStart.IsRecovering)
        {
            Recover(endpoint, kind, now);
        }
    }

    public void OnFailed(ServerEndpoint endpoint, ref EndpointLoad load, LeaseKind kind, ConnectFailure cause, TimeSpan elapsed)
    {
        if (cause is ConnectFailure.None or ConnectFailure.LocalResources or ConnectFailure.Cancelled)
        {
            return;
        }

        load.CountConnectFailure();
        var policy = endpoint.Policy;
        var now = policy.Now;
        load.Latency.Observe(elapsed > FailurePenalty ? elapsed : FailurePenalty, now, policy);
        if (cause != ConnectFailure.TimedOut)
        {
            Suspicion.RecordAnswer(ref load);
        }
        else if (kind != LeaseKind.Panic)
        {
            // In a panic everything fails, and an attempt has less than its time.
            endpoint.Host?.Doubt(endpoint, now);
        }

        lock (policy.Lock)
        {
            var failures = _breaker.CountFailure();
            if (!endpoint.HasBreaker)
            {
                return;
            }

            // One that is ejected has failed the probe that its back-off allowed; those of a panic, and those from before, are no new evidence.
            if (_breaker.IsEjected ? kind == LeaseKind.Probe : failures >= policy.Options.Breaker.Failures)
            {
                Eject(endpoint, EjectionCause.ConnectFailures, now);
            }
        }
    }

    /// <summary>Called when a connection to it has ended.</summary>
    public void OnClosed(ServerEndpoint endpoint, in ConnectionReport report)
    {
        var options = endpoint.Policy.Options.Breaker;
        if (options.EarlyCloses == 0)
        {
            return;
        }

        if (report.BytesFromServer > 0 || report.OpenFor > options.EarlyCloseWindow)
        {
            ForgetEarlyCloses(endpoint.Policy);
        }
        else if (report.EndedByServer)
        {
            CountEarlyClose(endpoint, options.EarlyCloses);
        }
    }

    /// <summary>Called when its check has failed so often that it counts as down.</summary>
    /// <returns>True if it is ejected for that; false if it is the only one, or as many are ejected as soft evidence may.</returns>
    public bool MarkDown(ServerEndpoint endpoint)
    {
        lock (endpoint.Policy.Lock)
        {
            var was = _breaker.IsEjected;
            if (!IsDown && !endpoint.Policy.Ejections.MayEjectSoftly(was))
            {
                return false;
            }

            _breaker.AddCause(EjectionCause.Check);
            RecordEjection(endpoint, was);
            return true;
        }
    }

    /// <summary>Called when its check has passed so often that it counts as up. Other evidence still holds, but may be put to the test at once.</summary>
    /// <returns>True if anything has changed.</returns>
    public bool MarkUp(ServerEndpoint endpoint)
    {
        lock (endpoint.Policy.Lock)
        {
            if (!_breaker.IsEjected)
            {
                return false;
            }

            var now = endpoint.Policy.Now;
            _breaker.Clear(EjectionCause.Check, now);
            _breaker.AllowProbe(now);
            if (!_breaker.IsEjected)
            {
                SlowStart.StartRecovery(endpoint, now);
            }

            RecordEjection(endpoint, was: true);
            return true;
        }
    }

    /// <summary>Ejects it for a time, by an operator's order.</summary>
    public bool EjectFor(ServerEndpoint endpoint, TimeSpan time)
    {
        var policy = endpoint.Policy;
        lock (policy.Lock)
        {
            if (policy.Count <= 1)
            {
                return false;
            }

            var was = _breaker.IsEjected;
            _breaker.OpenFor(EjectionCause.Operator, time, policy, policy.Now);
            RecordEjection(endpoint, was);
            return true;
        }
    }

    /// <summary>Clears the evidence against it.</summary>
    public void Reset(ServerEndpoint endpoint)
    {
        lock (endpoint.Policy.Lock)
        {
            var was = _breaker.IsEjected;
            _breaker.Reset();
            RecordEjection(endpoint, was);
        }

        SlowStart.End(endpoint);
    }

    /// <summary>Called when the balancer has other options: values derived from the old ones are derived again, and all else stays.</summary>
    public void OnOptionsChanged(ServerEndpoint endpoint)
    {
        var policy = endpoint.Policy;
        lock (policy.Lock)
        {
            if (policy.IsLimited)
            {
                endpoint.CloseGate(AdmissionGate.Limited);
            }
            else if (!SlowStart.IsRecovering)
            {
                endpoint.ClearGate(AdmissionGate.Limited);
            }

            Suspicion.SetPatience(policy);
            if (policy.AnswerPatience == long.MaxValue)
            {
                endpoint.ClearGate(AdmissionGate.Silent);
            }
        }
    }

    private void ForgetEarlyCloses(EndpointPolicy policy)
    {
        if (_breaker.EarlyCloses != 0)
        {
            lock (policy.Lock)
            {
                _breaker.EarlyCloses = 0;
            }
        }
    }

    private void CountEarlyClose(ServerEndpoint endpoint, int maximum)
    {
        var policy = endpoint.Policy;
        lock (policy.Lock)
        {
            // Those of a panic, and those from before, are no new evidence against one that is ejected.
            if (!_breaker.IsEjected && ++_breaker.EarlyCloses >= maximum && policy.Ejections.MayEjectSoftly(isEjected: false))
            {
                Eject(endpoint, EjectionCause.EarlyCloses, policy.Now);
            }
        }
    }

    /// <summary>Ejects it. Under the policy's lock.</summary>
    private void Eject(ServerEndpoint endpoint, EjectionCause cause, long now)
    {
        var was = _breaker.IsEjected;
        _breaker.Open(cause, endpoint.Policy, now);
        RecordEjection(endpoint, was);
    }

    private void Recover(ServerEndpoint endpoint, LeaseKind kind, long now)
    {
        bool recovered;
        lock (endpoint.Policy.Lock)
        {
            var was = _breaker.IsEjected;
            if (kind != LeaseKind.Normal)
            {
                _breaker.IsProbing = false;
            }

            _breaker.Succeed(kind, endpoint.Policy, now);
            recovered = was && !_breaker.IsEjected;
            if (recovered)
            {
                SlowStart.StartRecovery(endpoint, now);
                HastenOthers(endpoint, now);
            }

            RecordEjection(endpoint, was);
        }

        if (!recovered)
        {
            SlowStart.Grow();
        }

        endpoint.Policy.NotifyChanged();
    }

    /// <summary>
    /// Called when it is well again. If it is the first of all, the problem of the others may be over too, and it should not carry everything alone until back-offs
    /// are over that grew in a common outage. Under the policy's lock.
    /// </summary>
    private static void HastenOthers(ServerEndpoint endpoint, long now)
    {
        var members = endpoint.Policy.Members;
        for (var i = 0; i < members.Count; i++)
        {
            if (members[i] != endpoint && !members[i].Health._breaker.IsEjected)
            {
                return;
            }
        }

        for (var i = 0; i < members.Count; i++)
        {
            if (members[i] != endpoint)
            {
                members[i].Health._breaker.ShortenBackoff(endpoint.Policy, now);
            }
        }
    }

    /// <summary>Sets the gate by the breaker, counts, and notifies the observer of causes that came or went. Under the policy's lock.</summary>
    private void RecordEjection(ServerEndpoint endpoint, bool was)
    {
        if (_breaker.IsEjected)
        {
            endpoint.CloseGate(AdmissionGate.Ejected);
            if (!was)
            {
                Interlocked.Increment(ref _ejections);
            }
        }
        else if (was)
        {
            endpoint.ClearGate(AdmissionGate.Ejected);
        }

        var before = (EjectionCause)_causes;
        var after = _breaker.Causes;
        if (before != after)
        {
            Volatile.Write(ref _causes, (int)after);
            endpoint.Policy.Ejections.RecordCauses(endpoint, before, after);
        }
    }
}
