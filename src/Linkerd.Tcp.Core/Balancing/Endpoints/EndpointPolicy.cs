using System.Diagnostics.CodeAnalysis;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>The common part of the endpoints of one balancer: its options, its clock, and the lock for rare events (failures, ejections, an operator).</summary>
internal sealed class EndpointPolicy
{
    private readonly Action _changed;
    private volatile IReadOnlyList<ServerEndpoint> _members = [];
    private readonly Action _reweighted;

    /// <param name="options">The options, a validated copy.</param>
    /// <param name="changed">Called when an endpoint may be picked that could not be before.</param>
    /// <param name="reweighted">Called when an operator has changed a weight.</param>
    public EndpointPolicy(BalancerOptions options, Action changed, Action reweighted)
    {
        _changed = changed;
        _reweighted = reweighted;
        Ejections = new EjectionLedger(this);
        TimeProvider = options.TimeProvider ?? TimeProvider.System;
        SecondsPerTick = 1.0 / TimeProvider.TimestampFrequency;
        Use(options);
    }

    /// <summary>Gets the number of those that are ejected.</summary>
    public EjectionLedger Ejections { get; }

    /// <summary>Gets or sets the observer of the endpoints; null if there is none.</summary>
    public IEndpointObserver? Observer { get; set; }

    /// <summary>Gets the options in force. Each read may see other ones.</summary>
    public BalancerOptions Options { get; private set; }

    /// <summary>Gets the clock, which stays.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>Gets the source of the options, for picks; null for <see cref="RandomSource.Shared"/>, for which <see cref="LeaseSlots"/> stand in.</summary>
    public IRandomSource? Random { get; private set; }

    /// <summary>Gets the source of the options, for anything but picks.</summary>
    public IRandomSource Jitter => Random ?? RandomSource.Shared;

    /// <summary>Of timestamps.</summary>
    public double SecondsPerTick { get; }

    public Lock Lock { get; } = new();

    /// <summary>The value in ticks of timestamps.</summary>
    public long AnswerPatience { get; private set; }

    /// <summary>True if every pick has to check a limit.</summary>
    public bool IsLimited { get; private set; }

    /// <summary>The endpoints of the current set.</summary>
    public IReadOnlyList<ServerEndpoint> Members
    {
        get => _members;
        set
        {
            lock (Lock)
            {
                _members = value;
                Ejections.Forget();
            }
        }
    }

    /// <summary>Their number.</summary>
    public int Count => Members.Count;

    /// <summary>Takes other options; the endpoints are to be notified afterwards (<see cref="EndpointHealth.OnOptionsChanged"/>).</summary>
    /// <param name="options">The options, a validated copy, with the same clock: the endpoints keep timestamps of it.</param>
    public void Configure(BalancerOptions options)
    {
        lock (Lock)
        {
            Use(options);
        }
    }

    public long Now => TimeProvider.GetTimestamp();

    public TimeSpan Elapsed(long since, long now) => TimeProvider.GetElapsedTime(since, now);

    public long ToTicks(TimeSpan span) => (long)(span.TotalSeconds * TimeProvider.TimestampFrequency);

    public void NotifyChanged() => _changed();

    public void NotifyReweighted() => _reweighted();

    [MemberNotNull(nameof(Options))]
    private void Use(BalancerOptions options)
    {
        Options = options;
        AnswerPatience = options.SuspectAfter == Timeout.InfiniteTimeSpan ? long.MaxValue : ToTicks(options.SuspectAfter);
        Random = RandomSource.Of(options.Random) is var random && random != RandomSource.Shared ? random : null;
        IsLimited = options.MaxConnections is not null || options.MaxPending is not null;
    }
}
