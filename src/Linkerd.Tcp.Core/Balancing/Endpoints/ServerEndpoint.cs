using System.Net;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Balancing;

/// <summary>
/// Represents one address of a destination with its state at run time: load, picks, failures, breaker. A load balancer has one for each address, whatever the
/// number of groups that contain it. It stays while the address is in the balancer's set, and as long as a lease of it is held. Any thread.
/// </summary>
public sealed class ServerEndpoint
{
    private EndpointHost? _host;
    private EndpointMetadata? _metadata;
    private double _weight = 1;

    // NaN: none.
    private double _weightOverride = double.NaN;
    private EndpointLeaving _leaving;
    private EndpointGroups _groups = new();
    private EndpointHealth _health;
    private EndpointLoad _load;
    private EndpointHistory _history;

    internal ServerEndpoint(EndPoint address, EndpointPolicy policy)
    {
        Address = address;
        Policy = policy;
        _health = new EndpointHealth(policy);
        if (policy.IsLimited)
        {
            CloseGate(AdmissionGate.Limited);
        }
    }

    /// <summary>Gets the address.</summary>
    public EndPoint Address { get; }

    /// <summary>
    /// Gets the last weight from discovery, or from an operator; 1 if that was not valid. If the endpoint is in several groups, the weight in the first of them.
    /// </summary>
    public double Weight
    {
        get => Volatile.Read(ref _weight);
        internal set => Volatile.Write(ref _weight, value);
    }

    /// <summary>Gets the weight for new sessions at this moment: less in slow start, 0 while it is draining or ejected. Reads the clock in slow start.</summary>
    public double EffectiveWeight => (Gate & AdmissionGate.Ramping) == 0 ? EffectiveWeightAt(0) : EffectiveWeightAt(Policy.Now);

    /// <summary>
    /// Gets the last metadata from discovery; null if there is none. If the endpoint is in several groups, the metadata in the first of them. A change of metadata alone
    /// leaves everything else of the endpoint as it is; connections that are made from then on see the new one.
    /// </summary>
    public EndpointMetadata? Metadata
    {
        get => Volatile.Read(ref _metadata);
        internal set => Volatile.Write(ref _metadata, value);
    }

    /// <summary>Gets the number of picks, in total.</summary>
    internal long Picks => _load.Picks;

    /// <summary>Gets the number of leases that are held now: connections that are open or being established.</summary>
    public long Load => _load.Current;

    /// <summary>Gets the number of leases with an established connection.</summary>
    internal long Open => _load.Open;

    /// <summary>Gets the number of leases whose attempt to connect has not ended.</summary>
    internal long Pending => Math.Max(0, Load - Open);

    /// <summary>
    /// Gets the number of failed connects, in total; without those that are no evidence about the endpoint
    /// (<see cref="ConnectFailure.LocalResources"/>, <see cref="ConnectFailure.Cancelled"/>).
    /// </summary>
    internal long ConnectFailures => _load.ConnectFailures;

    /// <summary>Gets the peak EWMA of the connect latency, with failures as 5 s at the least; zero before the first connect. Reads the clock.</summary>
    public TimeSpan ConnectLatency => TimeSpan.FromSeconds(ExpectedLatency(Policy.Now));

    /// <summary>Gets the state of the circuit breaker.</summary>
    internal BreakerState Breaker => ReadBreaker().State;

    /// <summary>Gets the number of ejections, in total.</summary>
    internal long Ejections => _health.Ejections;

    /// <summary>Gets the causes for which the endpoint is ejected now.</summary>
    internal EjectionCause EjectionCauses => ReadBreaker().Causes;

    /// <summary>Gets a value that indicates whether the endpoint takes no new sessions by order of an operator. Its sessions go on.</summary>
    internal bool IsDraining => (Gate & AdmissionGate.Draining) != 0;

    /// <summary>Gets the weight from an operator; null if the one from discovery counts.</summary>
    internal double? WeightOverride => Volatile.Read(ref _weightOverride) is var weight && double.IsNaN(weight) ? null : weight;

    /// <summary>Gets the policy of the balancer.</summary>
    internal EndpointPolicy Policy { get; }

    /// <summary>Gets the evidence against it.</summary>
    internal ref EndpointHealth Health => ref _health;

    /// <summary>The host that its address was looked up for, in the first of its groups; null if it was given as such. Set under the balancer's lock.</summary>
    internal EndpointHost? Host
    {
        get => Volatile.Read(ref _host);
        set
        {
            Volatile.Write(ref _host, value);
            if (value is not null && value.UntilOf(Address.AddressFamily) != 0)
            {
                DoubtFamily();
            }
        }
    }

    /// <summary>Scratch of the update that runs now, under the balancer's lock: its place in the group that is being replaced.</summary>
    internal int Mark { get; set; }

    /// <summary>Gets its counters.</summary>
    internal ref EndpointLoad Counters => ref _load;

    /// <summary>Gets what its metrics alone read.</summary>
    internal ref EndpointHistory History => ref _history;

    /// <summary>Gets the groups that it is in.</summary>
    internal ref EndpointGroups Groups => ref _groups;

    /// <summary>Gets the number of its group in the set; the first if it is in several.</summary>
    internal int Group { get; private set; }

    /// <summary>Gets the tier of that group.</summary>
    internal int Tier { get; private set; }

    internal AdmissionGate Gate => _load.Gate;

    /// <summary>Gets or sets the observers of its load; null for algorithms that read it when they pick. Set under the balancer's lock.</summary>
    internal LoadObservers? Observers
    {
        get => _load.Observers;
        set => _load.Observers = value;
    }

    /// <summary>The time at which discovery removed it, as a timestamp; 0 while it is in the set.</summary>
    internal long LeftAt => _leaving.LeftAt;

    /// <summary>True if an operator drains it, or discovery has removed it.</summary>
    internal bool IsLeaving => _leaving.IsLeaving;

    /// <summary>True if it is ejected because its active check marks it as down.</summary>
    internal bool IsDown => _health.IsDown;

    /// <summary>True if it is ejected, for whatever cause.</summary>
    internal bool IsEjected => (Gate & AdmissionGate.Ejected) != 0;

    /// <summary>True if it is in the set, and neither ejected nor draining.</summary>
    internal bool TakesNewSessions => LeftAt == 0 && (Gate & (AdmissionGate.Draining | AdmissionGate.Ejected)) == 0;

    /// <summary>True if it has an operator's order that must outlive its leaving and coming back.</summary>
    internal bool HasOrders => IsDraining || WeightOverride is not null;

    /// <summary>True if an operator's order is still in force: one that lasts (<see cref="HasOrders"/>), or an ejection whose time is not over.</summary>
    internal bool IsOverridden => HasOrders || (ReadBreaker() is var breaker && (breaker.Causes & EjectionCause.Operator) != 0 && breaker.ProbeAt > Policy.Now);

    /// <summary>
    /// True if refusals end by themselves: enough of them in a row eject it. Not if its breaker is turned off, nor while it is the only endpoint.
    /// </summary>
    internal bool HasBreaker => Policy.Options.Breaker.Failures > 0 && Policy.Count > 1;

    /// <summary>The time that a connect usually takes; zero if none has succeeded.</summary>
    internal TimeSpan UsualLatency => _health.Suspicion.UsualLatency;

    /// <summary>Stops new sessions from now on, whatever the other endpoints are. Its sessions go on, as long as the destination lets them.</summary>
    public void Drain()
    {
        CloseGate(AdmissionGate.Draining);
        _leaving.OnDrained(this);
    }

    /// <summary>Takes a <see cref="Drain"/> back. The endpoint starts slowly, as one that joins.</summary>
    public void Undrain()
    {
        if (IsDraining)
        {
            StartRamp(Policy.Now);
            ClearGate(AdmissionGate.Draining);
            _leaving.OnUndrained();
            Policy.NotifyChanged();
        }
    }

    /// <summary>Sets a weight that counts instead of the one from discovery, in all groups of the endpoint, until null is given.</summary>
    /// <param name="weight">0 (last resort) or more, finite; null for the weight from discovery.</param>
    /// <exception cref="ArgumentOutOfRangeException">The weight is negative or not finite.</exception>
    public void OverrideWeight(double? weight)
    {
        if (weight is { } value && !(double.IsFinite(value) && value >= 0))
        {
            throw new ArgumentOutOfRangeException(nameof(weight), weight, "A finite number of 0 or more was expected.");
        }

        lock (Policy.Lock)
        {
            if (WeightOverride == weight)
            {
                return;
            }

            Volatile.Write(ref _weightOverride, weight ?? double.NaN);
        }

        Policy.NotifyReweighted();
    }

    /// <summary>Ejects the endpoint: it is not picked while another endpoint can take the session. One connection tries it when the time is over.</summary>
    /// <param name="time">The time; <see cref="Timeout.InfiniteTimeSpan"/> for until <see cref="Reset"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is zero or negative.</exception>
    /// <returns>True if it is ejected; false if it is the only endpoint of the destination.</returns>
    public bool Eject(TimeSpan time)
    {
        if (time <= TimeSpan.Zero && time != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(time), time, "More than zero, or Timeout.InfiniteTimeSpan, was expected.");
        }

        return _health.EjectFor(this, time);
    }

    /// <summary>Clears all evidence against the endpoint: ejection, failures in a row, back-off, slow start. Its check may eject it again.</summary>
    public void Reset()
    {
        _health.Reset(this);
        Suspicion.RecordAnswer(ref _load);
        Host?.Trust(Address.AddressFamily);
        Policy.NotifyChanged();
    }

    /// <summary>Returns its state at this moment. Each number is right; together they are of one moment but for concurrent changes. Costs no more than reading them.</summary>
    public ServerEndpointSnapshot Snapshot() => Snapshot(Policy.Now);

    /// <inheritdoc cref="Snapshot()"/>
    /// <param name="now">A timestamp of the balancer's clock, read once for many.</param>
    internal ServerEndpointSnapshot Snapshot(long now) => new(this, ReadBreaker(), now);

    /// <summary>Returns the address and the load, for logs.</summary>
    public override string ToString() => $"{Address} (load {Load})";

    /// <summary>
    /// Gets the share of its weight for which it may be drawn now: 0 not at all, 1 in full. A draw in proportion to weights that keeps its
    /// result with this chance, and draws again otherwise, is a draw in proportion to effective weights: no table is rebuilt for them.
    /// </summary>
    internal double Admit(ref PickState scope)
    {
        var gate = Gate;
        if (scope.HasTried(this))
        {
            return 0;
        }

        return gate == AdmissionGate.None ? (scope.IsPanic ? 0 : 1) : EndpointAdmission.Admit(this, gate, ref scope);
    }

    /// <summary>Takes it for a session: its load is one more. False if it cannot be taken any more.</summary>
    internal bool TryTake(ref PickState scope)
    {
        if ((Gate & (AdmissionGate.Ejected | AdmissionGate.Limited)) == 0)
        {
            _load.CountPick();
        }
        else if (!EndpointAdmission.TryTake(this, ref _load, ref scope))
        {
            return false;
        }

        if (scope.Timestamp is var now and not 0)
        {
            _health.Suspicion.RecordAttempt(ref _load, now);
        }

        return true;
    }

    /// <summary>Takes it through one of its groups.</summary>
    /// <param name="scope">The pick.</param>
    /// <param name="branch">The counters beside its own; null if there are none.</param>
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

    /// <summary>Gets the load and the picks, of one moment but for concurrent changes.</summary>
    internal long ReadLoad(out long picks) => _load.Read(out picks);

    internal double EffectiveWeightAt(long now) =>
        (Gate & (AdmissionGate.Draining | AdmissionGate.Ejected)) != 0 ? 0 : Weight * _health.SlowStart.Factor(this, now);

    /// <summary>Gets the peak EWMA of connect latency, in seconds, failures included as 5 s at the least; 0 before the first.</summary>
    internal double ExpectedLatency(long now) => _load.Latency.At(now, Policy);

    /// <summary>Gets the same for two of one balancer, as of the time of the younger estimate.</summary>
    internal static void ReadLatencies(ServerEndpoint a, ServerEndpoint b, out double secondsA, out double secondsB) =>
        LatencyAverage.Level(in a._load.Latency, in b._load.Latency, a.Policy, out secondsA, out secondsB);

    /// <summary>Starts slowly from now on.</summary>
    internal void StartRamp(long now) => _health.SlowStart.Start(this, now);

    /// <summary>Prefers the other family of its host, for the time that the host sets.</summary>
    internal void DoubtFamily() => CloseGate(AdmissionGate.OtherFamily);

    internal bool IsFamilyTrusted(long now) => Host is not { } host || now >= host.UntilOf(Address.AddressFamily);

    internal void CloseGate(AdmissionGate gate) => _load.Close(gate);

    internal void ClearGate(AdmissionGate gate) => _load.Clear(gate);

    /// <summary>Gets the time for which it has been leaving; null if it is not.</summary>
    /// <param name="isDrained">True if because of an operator; false if because of discovery.</param>
    internal TimeSpan? LeavingFor(out bool isDrained) => _leaving.For(Policy, out isDrained);

    /// <summary>Sets the observer of its events, and of those of the others of its balancer.</summary>
    internal void ObserveWith(IEndpointObserver? observer) => Policy.Observer = observer;

    /// <summary>Called when it is in the set, again or still.</summary>
    internal void OnJoined(int group, int tier)
    {
        (Group, Tier) = (group, tier);
        _leaving.OnJoined();
    }

    /// <summary>Called when it is not in the set any more.</summary>
    internal void OnLeft() => _leaving.OnLeft(this);

    internal void OnConnected(LeaseKind kind, TimeSpan elapsed)
    {
        _load.CountOpen();
        _health.OnConnected(this, ref _load, kind, elapsed);
    }

    internal void OnFailed(LeaseKind kind, ConnectFailure cause, TimeSpan elapsed) => _health.OnFailed(this, ref _load, kind, cause, elapsed);

    /// <summary>Called when a connection to it has ended.</summary>
    internal void OnClosed(in ConnectionReport report) => _health.OnClosed(this, in report);

    /// <inheritdoc cref="EndpointHealth.MarkDown"/>
    internal bool MarkDown() => _health.MarkDown(this);

    /// <inheritdoc cref="EndpointHealth.MarkUp"/>
    internal void MarkUp()
    {
        if (_health.MarkUp(this))
        {
            Policy.NotifyChanged();
        }
    }

    internal void Release(LeaseKind kind, bool wasOpen)
    {
        _load.CountRelease(wasOpen);
        Observers?.Notify(except: null);
        if (!wasOpen && _load.UnansweredSince != 0 && Pending == 0)
        {
            // No attempt waits for an answer any more.
            Suspicion.RecordAnswer(ref _load);
        }

        if (kind != LeaseKind.Normal && !wasOpen)
        {
            _health.EndProbe(Policy);
            Policy.NotifyChanged();
        }
        else if ((Gate & AdmissionGate.Limited) != 0)
        {
            Policy.NotifyChanged();
        }
    }

    private CircuitBreaker ReadBreaker()
    {
        lock (Policy.Lock)
        {
            return _health.Breaker;
        }
    }
}
