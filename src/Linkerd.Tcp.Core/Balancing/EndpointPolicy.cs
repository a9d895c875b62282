namespace Linkerd.Tcp;

/// <summary>What the endpoints of one balancer share: its options, its clock, and the lock for what happens seldom (failures, ejections, an operator).</summary>
internal sealed partial class EndpointPolicy
{
    private readonly Action _changed;
    private volatile IReadOnlyList<Endpoint> _members = [];
    private readonly Action _reweighted;

    /// <param name="options">Checked already.</param>
    /// <param name="changed">An endpoint may be picked that could not be before.</param>
    /// <param name="reweighted">An operator has changed a weight.</param>
    public EndpointPolicy(BalancerOptions options, Action changed, Action reweighted)
    {
        Options = options;
        _changed = changed;
        _reweighted = reweighted;
        AnswerPatience = options.AnswerPatience == Timeout.InfiniteTimeSpan ? long.MaxValue : ToTicks(options.AnswerPatience);
        Random = options.Random == RandomSource.Shared ? null : options.Random;
        SecondsPerTick = 1.0 / options.TimeProvider.TimestampFrequency;
        IsLimited = options.MaxConnections is not null || options.MaxPending is not null;
    }

    public BalancerOptions Options { get; }

    /// <summary>Gets the source of the options, for picks; null for <see cref="RandomSource.Shared"/>, for which <see cref="LeaseSlots"/> stand in.</summary>
    public IRandomSource? Random { get; }

    /// <summary>Of timestamps.</summary>
    public double SecondsPerTick { get; }

    public Lock Lock { get; } = new();

    /// <summary>In ticks of timestamps.</summary>
    public long AnswerPatience { get; }

    /// <summary>Whether every pick has to look at a limit.</summary>
    public bool IsLimited { get; }

    /// <summary>The endpoints of the current set.</summary>
    public IReadOnlyList<Endpoint> Members
    {
        get => _members;
        set
        {
            lock (Lock)
            {
                _members = value;
                _ejected = Unknown;
            }
        }
    }

    /// <summary>How many they are.</summary>
    public int Count => Members.Count;

    public long Now => Options.TimeProvider.GetTimestamp();

    public TimeSpan Elapsed(long since, long now) => Options.TimeProvider.GetElapsedTime(since, now);

    public long ToTicks(TimeSpan span) => (long)(span.TotalSeconds * Options.TimeProvider.TimestampFrequency);

    public void NotifyChanged() => _changed();

    public void NotifyReweighted() => _reweighted();
}
