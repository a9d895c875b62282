using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Infrastructure;

/// <summary>Represents a jittered exponential back-off: each delay is drawn uniformly between half and all of a ceiling that doubles. For one thread at a time.
/// For the packages of this project; it may change in any version.</summary>
public sealed class Backoff
{
    private readonly TimeSpan _first;
    private readonly TimeSpan _most;
    private readonly IRandomSource _random;
    private TimeSpan _ceiling;

    /// <summary>Initializes a back-off.</summary>
    /// <param name="first">The first ceiling; more than zero.</param>
    /// <param name="most">The highest ceiling.</param>
    /// <param name="random">The source of the jitter.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="first"/> is zero or negative.</exception>
    public Backoff(TimeSpan first, TimeSpan most, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(first, TimeSpan.Zero);
        _first = _ceiling = first;
        _most = most;
        _random = random;
    }

    /// <summary>Returns the next delay.</summary>
    public TimeSpan Next()
    {
        var delay = _ceiling * (0.5 + (0.5 * _random.NextDouble()));
        _ceiling = _ceiling * 2 < _most ? _ceiling * 2 : _most;
        return delay;
    }

    /// <summary>Starts over, after a success.</summary>
    public void Reset() => _ceiling = _first;
}
