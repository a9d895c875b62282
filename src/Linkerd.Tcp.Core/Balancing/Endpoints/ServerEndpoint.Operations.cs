using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing;

/// <content>What an operator can do to it.</content>
public sealed partial class ServerEndpoint
{
    private double? _weightOverride;
    private long _ejections;

    /// <summary>How often it was ejected, in total.</summary>
    public long Ejections => Volatile.Read(ref _ejections);

    /// <summary>Why it is ejected now.</summary>
    public EjectionCause EjectionCauses
    {
        get
        {
            lock (_policy.Lock)
            {
                return _breaker.Causes;
            }
        }
    }

    /// <summary>Whether it takes no new sessions; those that it has go on.</summary>
    public bool IsDraining => (Gate & AdmissionGate.Draining) != 0;

    /// <summary>The weight that an operator gave it; null where discovery's counts.</summary>
    public double? WeightOverride
    {
        get
        {
            lock (_policy.Lock)
            {
                return _weightOverride;
            }
        }
    }

    /// <summary>Whether an operator has said something that must outlive its leaving and coming back.</summary>
    internal bool HasOrders => IsDraining || WeightOverride is not null;

    /// <summary>Gets a value that indicates whether an operator has said something that still holds: an order (<see cref="HasOrders"/>), or an ejection whose time is not over.</summary>
    internal bool IsOverridden
    {
        get
        {
            lock (_policy.Lock)
            {
                return HasOrders || ((_breaker.Causes & EjectionCause.Operator) != 0 && _breaker.ProbeAt > _policy.Now);
            }
        }
    }

    /// <summary>Whether it is in the set, and neither ejected nor draining.</summary>
    internal bool TakesNewSessions => LeftAt == 0 && (Gate & (AdmissionGate.Draining | AdmissionGate.Ejected)) == 0;

    /// <summary>Called when the balancer has other options: what was derived from the old ones is derived anew, and all else stays.</summary>
    internal void OnOptionsChanged()
    {
        lock (_policy.Lock)
        {
            if (_policy.IsLimited)
            {
                SetGate(AdmissionGate.Limited);
            }
            else if (Volatile.Read(ref _allowance) == int.MaxValue)
            {
                ClearGate(AdmissionGate.Limited);
            }

            SetPatience(Volatile.Read(ref _usualSeconds));
            if (_policy.AnswerPatience == long.MaxValue)
            {
                ClearGate(AdmissionGate.Silent);
            }
        }
    }

    /// <summary>No new sessions for it from now on, whatever else is there; those that it has go on, as long as their destination lets them.</summary>
    public void Drain()
    {
        SetGate(AdmissionGate.Draining);
        if (Interlocked.CompareExchange(ref _drainedAt, Math.Max(1, _policy.Now), 0) == 0)
        {
            _policy.Observer?.OnLeaving(this);
        }
    }

    /// <summary>Takes a <see cref="Drain"/> back. It starts slowly, as one that joins.</summary>
    public void Undrain()
    {
        if (IsDraining)
        {
            StartRamp(_policy.Now);
            ClearGate(AdmissionGate.Draining);
            Volatile.Write(ref _drainedAt, 0);
            _policy.NotifyChanged();
        }
    }

    /// <summary>Gives it a weight that counts instead of discovery's, in all of its groups, until null is given.</summary>
    /// <param name="weight">0 (last resort) or more, finite; null: as discovery says.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative or not finite.</exception>
    public void OverrideWeight(double? weight)
    {
        if (weight is { } value && !(double.IsFinite(value) && value >= 0))
        {
            throw new ArgumentOutOfRangeException(nameof(weight), weight, "A finite number of 0 or more was expected.");
        }

        lock (_policy.Lock)
        {
            if (_weightOverride == weight)
            {
                return;
            }

            _weightOverride = weight;
        }

        _policy.NotifyReweighted();
    }

    /// <summary>Ejects it: it is not picked while another endpoint can take the session. One connection tries it when the time is over.</summary>
    /// <param name="time">For how long; <see cref="Timeout.InfiniteTimeSpan"/>: until <see cref="Reset"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is zero or negative.</exception>
    /// <returns>Whether it was; a destination's only endpoint never is.</returns>
    public bool Eject(TimeSpan time)
    {
        if (time <= TimeSpan.Zero && time != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(time), time, "More than zero, or Timeout.InfiniteTimeSpan, was expected.");
        }

        lock (_policy.Lock)
        {
            if (_policy.Count <= 1)
            {
                return false;
            }

            var was = _breaker.IsEjected;
            _breaker.OpenFor(EjectionCause.Operator, time, _policy, _policy.Now);
            NoteEjection(was);
            return true;
        }
    }

    /// <summary>Forgets what is held against it: ejection, failures in a row, back-off, slow start. Its check may eject it again.</summary>
    public void Reset()
    {
        lock (_policy.Lock)
        {
            var was = _breaker.IsEjected;
            _breaker.Reset();
            NoteEjection(was);
        }

        EndRamp();
        NoteAnswer();
        Host?.Trust(Address.AddressFamily);
        _policy.NotifyChanged();
    }
}
