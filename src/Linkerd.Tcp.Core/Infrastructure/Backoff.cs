using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Infrastructure;

/// <summary>Represents a jittered exponential back-off: each delay is drawn uniformly between half and all of a ceiling that doubles. For one thread at a time.
/// For the packages of this project; it may change in any version.</summary>
public sealed class Backoff
{
    private readonly TimeSpan _initial;
    private readonly TimeSpan _maximum;
    private readonly IRandomSource _random;
    private TimeSpan _ceiling;

    /// <summary>Initializes a back-off.</summary>
    /// <param name="initial">The first ceiling; more than zero.</param>
    /// <param name="maximum">The highest ceiling.</param>
    /// <param name="random">The generator of the jitter, which is used under a lock on itself; null: a fast one that all threads share.</param>
    public Backoff(TimeSpan initial, TimeSpan maximum, Random? random = null)
        : this(RandomSource.Of(random), initial, maximum)
    {
    }

    internal Backoff(IRandomSource random, TimeSpan initial, TimeSpan maximum)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(initial, TimeSpan.Zero);
        _initial = _ceiling = initial;
        _maximum = maximum;
        _random = random;
    }

    /// <summary>Returns a time span drawn uniformly between (1 - share) and (1 + share) times the one given, so that many clients do not act at once. Any thread.</summary>
    /// <param name="span">The middle.</param>
    /// <param name="share">0 to 1.</param>
    /// <param name="random">The generator, which is used under a lock on itself; null: a fast one that all threads share.</param>
    public static TimeSpan Jitter(TimeSpan span, double share, Random? random = null) => RandomSource.Of(random).Jitter(span, share);

    /// <summary>Returns the next delay.</summary>
    public TimeSpan Next()
    {
        var delay = _ceiling * (0.5 + (0.5 * _random.NextDouble()));
        _ceiling = _ceiling * 2 < _maximum ? _ceiling * 2 : _maximum;
        return delay;
    }

    /// <summary>Starts over, after a success.</summary>
    public void Reset() => _ceiling = _initial;
}
