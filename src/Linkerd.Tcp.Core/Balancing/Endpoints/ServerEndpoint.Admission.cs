using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing;

/// <content>Whether it can be picked, and the taking.</content>
public sealed partial class ServerEndpoint
{
    private long _rampSince;

    // Connects that may be pending while it recovers; more with each that succeeds, so that a crowd that has waited comes in as fast as it copes.
    private int _allowance = int.MaxValue;

    /// <summary>
    /// For what share of its weight it may be drawn now: 0 not at all, 1 in full. A draw in proportion to weights that keeps what it
    /// drew with this chance, and draws again otherwise, is a draw in proportion to effective weights: no table is rebuilt for them.
    /// </summary>
    internal double Admit(ref PickState scope)
    {
        var gate = Gate;
        if (scope.HasTried(this))
        {
            return 0;
        }

        return gate == AdmissionGate.None ? (scope.IsPanic ? 0 : 1) : AdmitGated(gate, ref scope);
    }

    /// <summary>The same, for code that has no pick at hand; 0 for one in doubt too.</summary>
    internal double Admit(in PickContext context)
    {
        if ((Gate & AdmissionGate.Suspect) != 0)
        {
            return 0;
        }

        PickState scope = default;
        scope.Begin(in context, _policy, LeaseSlots.OfThread);
        return Admit(ref scope);
    }

    /// <summary>Takes it for a session: its load is one more. False where it cannot be taken any more.</summary>
    internal bool TryTake(ref PickState scope)
    {
        if ((Gate & (AdmissionGate.Ejected | AdmissionGate.Limited)) == 0)
        {
            Interlocked.Increment(ref _counters.Picks);
        }
        else if (!TryTakeGated(ref scope))
        {
            return false;
        }

        if (scope.Timestamp is var now and not 0)
        {
            NoteAttempt(now);
        }

        return true;
    }

    /// <summary>Takes it through one of its groups.</summary>
    /// <param name="scope">The pick.</param>
    /// <param name="branch">What counts it beside its own counters; null where they are all.</param>
    internal bool TryTake(ref PickState scope, EndpointBranch? branch)
    {
        if (!TryTake(ref scope))
        {
            return false;
        }

        if (branch is { IsCounter: true })
        {
            branch.CountPick();
            scope.Branch = branch;
        }

        return true;
    }

    /// <summary>The share of its weight at a time: 1 but for slow start.</summary>
    internal double RampFactor(long now)
    {
        if ((Gate & AdmissionGate.Ramping) == 0)
        {
            return 1;
        }

        var factor = _policy.Options.SlowStart.Factor(_policy.Elapsed(Volatile.Read(ref _rampSince), now));
        if (factor >= 1)
        {
            EndRamp();
        }

        return factor;
    }

    /// <summary>Starts slowly from now on.</summary>
    internal void StartRamp(long now)
    {
        if (_policy.Options.SlowStart.Window > TimeSpan.Zero)
        {
            Volatile.Write(ref _rampSince, now);
            SetGate(AdmissionGate.Ramping);
        }
    }

    private void EndRamp()
    {
        ClearGate(AdmissionGate.Ramping);
        if (Volatile.Read(ref _allowance) != int.MaxValue)
        {
            // Under the lock, as the options may come to limit it meanwhile.
            lock (_policy.Lock)
            {
                Volatile.Write(ref _allowance, int.MaxValue);
                if (!_policy.IsLimited)
                {
                    ClearGate(AdmissionGate.Limited);
                }
            }
        }
    }

    private double AdmitGated(AdmissionGate gate, ref PickState scope)
    {
        if ((gate & AdmissionGate.Draining) != 0)
        {
            return 0;
        }

        if ((gate & AdmissionGate.OtherFamily) != 0 && IsFamilyTrusted(scope.Now))
        {
            ClearGate(AdmissionGate.OtherFamily);
            gate &= ~AdmissionGate.OtherFamily;
        }

        if ((gate & AdmissionGate.Ejected) != 0)
        {
            // A probe would make its session wait for what is already known of its family.
            return scope.IsPanic ? (_breaker.IsProbing ? 0 : 1)
                : scope.MayProbe && (gate & AdmissionGate.OtherFamily) == 0 && _breaker.IsProbeDue(scope.Now) ? 1 : 0;
        }

        if (scope.IsPanic)
        {
            return 0;
        }

        // Before the limits: a ramp that is over lifts them.
        var factor = (gate & AdmissionGate.Ramping) != 0 ? RampFactor(scope.Now) : 1;
        if ((gate & AdmissionGate.Limited) != 0 && IsFull(ReadLoad(out _)))
        {
            scope.AtLimit = true;
            return 0;
        }

        return factor;
    }

    private bool IsFull(long load) =>
        load >= (_policy.Options.MaxConnections ?? long.MaxValue)
        || load - Open >= Math.Min(_policy.Options.MaxPending ?? int.MaxValue, Volatile.Read(ref _allowance));

    private bool TryTakeGated(ref PickState scope)
    {
        if ((Gate & AdmissionGate.Ejected) != 0)
        {
            return TryTakeEjected(ref scope);
        }

        while (true)
        {
            var load = ReadLoad(out var picks);
            if (IsFull(load))
            {
                scope.AtLimit = true;
                return false;
            }

            if (Interlocked.CompareExchange(ref _counters.Picks, picks + 1, picks) == picks)
            {
                return true;
            }
        }
    }

    private bool TryTakeEjected(ref PickState scope)
    {
        lock (_policy.Lock)
        {
            if (_breaker.IsEjected)
            {
                if (_breaker.IsProbing || !(scope.IsPanic || _breaker.IsProbeDue(scope.Now)))
                {
                    return false;
                }

                _breaker.IsProbing = true;
                scope.Kind = scope.IsPanic && !_breaker.IsProbeDue(scope.Now) ? LeaseKind.Panic : LeaseKind.Probe;
            }

            Interlocked.Increment(ref _counters.Picks);
            return true;
        }
    }

    private bool IsFamilyTrusted(long now) => Host is not { } host || now >= host.UntilOf(Address.AddressFamily);

    // The first of those that wait for an answer, and whether it has waited for too long. Two that race write nearly the same.
    private void NoteAttempt(long now)
    {
        var since = Volatile.Read(ref _counters.UnansweredSince);
        if (since == 0)
        {
            Volatile.Write(ref _counters.UnansweredSince, now);
        }
        else if (now - since > Volatile.Read(ref _patience) && (Gate & AdmissionGate.Silent) == 0)
        {
            SetGate(AdmissionGate.Silent);
        }
    }
}
