using System.Collections.Concurrent;
using Linkerd.Tcp.Infrastructure;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Routing;

/// <summary>
/// The destinations of a router by name. Those of fixed names stay; those that clients name are limited in number, and evicted when nobody has used them for a time. Any thread.
/// </summary>
/// <remarks>One timer for all of them, which runs while there are any: it looks at each, a tenth of the shorter time-out after the other.</remarks>
internal sealed partial class DestinationTable : IDisposable
{
    private static readonly TimeSpan MinPeriod = TimeSpan.FromMilliseconds(10);

    private readonly ConcurrentDictionary<DstPath, Entry> _byName = new();
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly RepeatFilter _fullFilter;
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private volatile DestinationRegistryOptions _options;
    private int _clientNamed;
    private long _evictedIdle;
    private long _evictedUnbound;
    private long _refused;
    private bool _isArmed;
    private bool _isDisposed;

    /// <param name="options">A validated copy.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Where to log.</param>
    public DestinationTable(DestinationRegistryOptions options, TimeProvider timeProvider, ILogger logger)
    {
        _options = options;
        _timeProvider = timeProvider;
        _logger = logger;
        _fullFilter = new RepeatFilter(timeProvider);
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            _timer = timeProvider.CreateTimer(static table => ((DestinationTable)table!).Maintain(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Gets the destinations so far.</summary>
    public IEnumerable<Destination> Destinations => _byName.Where(static pair => pair.Value.IsValueCreated).Select(static pair => pair.Value.Value);

    /// <summary>Gets the number of destinations that clients have named.</summary>
    public int ClientNamed => Volatile.Read(ref _clientNamed);

    /// <summary>Gets the number of destinations that were evicted: after having had endpoints, and without.</summary>
    public (long Idle, long Unbound) Evicted => (Volatile.Read(ref _evictedIdle), Volatile.Read(ref _evictedUnbound));

    /// <summary>Gets the number of requests for a name that was refused, as there were as many as there may be.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Gets the destination of a fixed name, which is never evicted from then on.</summary>
    /// <exception cref="Exception">The function that makes it threw; the next call calls it again.</exception>
    public Destination GetFixed<T>(DstPath name, Func<DstPath, T, Destination> make, T state)
    {
        while (true)
        {
            var entry = _byName.TryGetValue(name, out var found) ? found : _byName.GetOrAdd(name, new Entry(() => make(name, state), isCounted: false));
            var destination = Make(entry, name);
            if (entry.IsFixed)
            {
                return destination;
            }

            // A hold that is never given back.
            if (destination.Use.TryHold())
            {
                entry.IsFixed = true;
                Uncount(entry);
                return destination;
            }

            Remove(entry, name);
        }
    }

    /// <summary>Gets the destination of a listener's name, held until <see cref="ReleaseForListener"/>.</summary>
    /// <inheritdoc cref="GetFixed"/>
    public Destination HoldForListener<T>(DstPath name, Func<DstPath, T, Destination> make, T state)
    {
        while (true)
        {
            var entry = _byName.TryGetValue(name, out var found) ? found : _byName.GetOrAdd(name, new Entry(() => make(name, state), isCounted: false));
            var destination = Make(entry, name);
            if (destination.Use.TryHold())
            {
                entry.AddListener();
                Uncount(entry);
                return destination;
            }

            Remove(entry, name);
        }
    }

    /// <summary>Gives the hold of a listener back. The destination goes once it is idle, unless its name is fixed.</summary>
    public void ReleaseForListener(Destination destination)
    {
        destination.Use.Release();
        if (_byName.TryGetValue(destination.Name, out var entry) && entry.RemoveListener())
        {
            ArmOnce();
        }
    }

    /// <summary>Gets the destination of a name that a client chose, held; its <see cref="Destination.Use"/> is to be released. Null: there are as many as there may be.</summary>
    /// <inheritdoc cref="GetFixed"/>
    public Destination? TryHold<T>(DstPath name, Func<DstPath, T, Destination> make, T state)
    {
        while (true)
        {
            if (!_byName.TryGetValue(name, out var entry))
            {
                entry = TryAdd(name, make, state);
                if (entry is null)
                {
                    return null;
                }
            }

            var destination = Make(entry, name);
            if (destination.Use.TryHold())
            {
                return destination;
            }

            // Evicted in this moment.
            Remove(entry, name);
        }
    }

    /// <summary>Takes other options. Destinations beyond a lower number stay until they are idle.</summary>
    /// <param name="options">A validated copy.</param>
    public void Configure(DestinationRegistryOptions options)
    {
        _options = options;
        lock (_lock)
        {
            if (_isArmed)
            {
                Arm();
            }
        }
    }

    /// <summary>Gets every destination; one that is being made is waited for.</summary>
    public List<Destination> GetAll()
    {
        var destinations = new List<Destination>();
        foreach (var (_, entry) in _byName)
        {
            try
            {
                destinations.Add(entry.Value);
            }
            catch (Exception)
            {
                // Whoever asked for it is told.
                continue;
            }
        }

        return destinations;
    }

    /// <summary>Evicts nothing more, and forgets all names.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
        }

        _timer.Dispose();
        _byName.Clear();
    }

    private Entry? TryAdd<T>(DstPath name, Func<DstPath, T, Destination> make, T state)
    {
        if (Interlocked.Increment(ref _clientNamed) > _options.MaxClientNamed)
        {
            Interlocked.Decrement(ref _clientNamed);
            if (_byName.TryGetValue(name, out var other))
            {
                return other;
            }

            Interlocked.Increment(ref _refused);
            if (_fullFilter.TryPass(out var suppressed))
            {
                Log.Full(_logger, name, _options.MaxClientNamed, suppressed);
            }

            return null;
        }

        var entry = new Entry(() => make(name, state), isCounted: true);
        var added = _byName.GetOrAdd(name, entry);
        if (added != entry)
        {
            Uncount(entry);
        }

        ArmOnce();
        return added;
    }

    private Destination Make(Entry entry, DstPath name)
    {
        try
        {
            return entry.Value;
        }
        catch
        {
            Remove(entry, name);
            throw;
        }
    }

    private void Remove(Entry entry, DstPath name)
    {
        Uncount(entry);
        _byName.TryRemove(new(name, entry));
    }

    private void Uncount(Entry entry)
    {
        if (entry.TryUncount())
        {
            Interlocked.Decrement(ref _clientNamed);
        }
    }

    private void ArmOnce()
    {
        lock (_lock)
        {
            if (!_isArmed)
            {
                _isArmed = true;
                Arm();
            }
        }
    }

    /// <summary>Under the lock.</summary>
    private void Arm()
    {
        var options = _options;
        var shortest = options.IdleTimeout == Timeout.InfiniteTimeSpan || (options.UnboundTimeout != Timeout.InfiniteTimeSpan && options.UnboundTimeout < options.IdleTimeout)
            ? options.UnboundTimeout
            : options.IdleTimeout;
        var period = shortest == Timeout.InfiniteTimeSpan ? shortest : shortest / 10 > MinPeriod ? shortest / 10 : MinPeriod;
        if (!_isDisposed)
        {
            _timer.Change(period, Timeout.InfiniteTimeSpan);
        }
    }

    private void Maintain()
    {
        var now = _timeProvider.GetTimestamp();
        var options = _options;
        foreach (var (name, entry) in _byName)
        {
            if (entry.Stays || !entry.IsValueCreated)
            {
                continue;
            }

            try
            {
                EvictIfIdle(name, entry, options, now);
            }
            catch (Exception error)
            {
                // Somebody else's balancer, which was asked for its endpoints.
                Log.LookThrew(_logger, error, name);
            }
        }

        lock (_lock)
        {
            _isArmed = _byName.Any(static pair => !pair.Value.Stays);
            if (_isArmed)
            {
                Arm();
            }
        }
    }

    private void EvictIfIdle(DstPath name, Entry entry, DestinationRegistryOptions options, long now)
    {
        var destination = entry.Value;
        var isBound = destination.HasHadEndpoints;
        var limit = isBound ? options.IdleTimeout : options.UnboundTimeout;
        var idle = destination.Use.IdleFor(_timeProvider, now);
        if (limit == Timeout.InfiniteTimeSpan || idle < limit || destination.IsWorthKeeping)
        {
            return;
        }

        // Sessions of a listener hold nothing: its name does, and it may be gone before them.
        if (destination.HasSessions)
        {
            destination.Use.RecordUse();
            return;
        }

        if (!destination.Use.TryClose())
        {
            return;
        }

        Remove(entry, name);
        Interlocked.Increment(ref isBound ? ref _evictedIdle : ref _evictedUnbound);
        Log.Evicted(_logger, name, idle.TotalSeconds);
        _ = destination.EvictAsync();
    }

    /// <summary>What is known of a name: its destination, once somebody has asked for it.</summary>
    private sealed class Entry(Func<Destination> make, bool isCounted) : Lazy<Destination>(make)
    {
        private int _isCounted = isCounted ? 1 : 0;
        private volatile bool _isFixed;
        private int _listeners;

        /// <summary>Gets or sets a value that indicates whether it is never evicted.</summary>
        public bool IsFixed
        {
            get => _isFixed;
            set => _isFixed = value;
        }

        /// <summary>Gets a value that indicates whether it is not looked at: its name is fixed, or that of a listener.</summary>
        public bool Stays => _isFixed || Volatile.Read(ref _listeners) > 0;

        public void AddListener() => Interlocked.Increment(ref _listeners);

        /// <returns>Whether there is no listener of its name any more.</returns>
        public bool RemoveListener() => Interlocked.Decrement(ref _listeners) == 0;

        /// <summary>Ends its being counted among those that clients have named.</summary>
        /// <returns>Whether it was.</returns>
        public bool TryUncount() => Interlocked.Exchange(ref _isCounted, 0) == 1;
    }

    private static partial class Log
    {
        [LoggerMessage(3023, LogLevel.Debug, "{Name} is evicted, after {Seconds:0.0} s without a session", EventName = "Evicted")]
        public static partial void Evicted(ILogger logger, DstPath name, double seconds);

        [LoggerMessage(3024, LogLevel.Warning, "{Name} gets no destination, as clients have named {Maximum} already ({Suppressed} like this not shown)", EventName = "DestinationsFull")]
        public static partial void Full(ILogger logger, DstPath name, int maximum, int suppressed);

        [LoggerMessage(3025, LogLevel.Error, "{Name}: looking whether it is idle threw; it stays", EventName = "EvictionThrew")]
        public static partial void LookThrew(ILogger logger, Exception error, DstPath name);
    }
}
