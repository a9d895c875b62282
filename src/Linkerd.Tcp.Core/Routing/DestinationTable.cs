using System.Collections.Concurrent;
using Linkerd.Tcp.Infrastructure;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Routing;

/// <summary>
/// Holds the destinations of a registry by name. Fixed names stay; names that clients choose are limited in number, and evicted after an idle time. Any thread.
/// </summary>
/// <remarks>One timer serves all destinations and runs while there are any; it examines each of them every tenth of the shorter timeout.</remarks>
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
    /// <param name="logger">The logger.</param>
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

    /// <summary>Gets the destinations that exist.</summary>
    public IEnumerable<Destination> Destinations => _byName.Where(static pair => pair.Value.IsValueCreated).Select(static pair => pair.Value.Value);

    /// <summary>Gets the number of destinations that clients have named.</summary>
    public int ClientNamed => Volatile.Read(ref _clientNamed);

    /// <summary>Gets the number of destinations that were evicted: those that had endpoints, and those that never had any.</summary>
    public (long Idle, long Unbound) Evicted => (Volatile.Read(ref _evictedIdle), Volatile.Read(ref _evictedUnbound));

    /// <summary>Gets the largest number of endpoints with metrics of their own.</summary>
    public int MaxMeasuredEndpoints => _options.MaxMeasuredEndpoints;

    /// <summary>Gets the largest number of names that clients choose.</summary>
    public int MaxClientNamed => _options.MaxClientNamed;

    /// <summary>Gets the number of requests that were refused because the limit of names was reached.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Gets the destination of a fixed name, which is never evicted afterwards.</summary>
    /// <exception cref="Exception">The function that creates it threw; the next call calls it again.</exception>
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

            // A hold that is never released.
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

    /// <summary>Releases the hold of a listener. The destination is evicted once it is idle, unless its name is fixed.</summary>
    public void ReleaseForListener(Destination destination)
    {
        destination.Use.Release();
        if (_byName.TryGetValue(destination.Name, out var entry) && entry.RemoveListener())
        {
            ArmOnce();
        }
    }

    /// <summary>Gets the destination of a session's name, held; the caller releases its <see cref="Destination.Use"/>. Null if a client chose it, and the limit is reached.</summary>
    /// <param name="name">The name.</param>
    /// <param name="make">Creates the destination.</param>
    /// <param name="state">The argument for it.</param>
    /// <param name="isFixed">True if no client has a part in the name: it is not counted, and evicted as those that are.</param>
    /// <inheritdoc cref="GetFixed"/>
    public Destination? TryHold<T>(DstPath name, Func<DstPath, T, Destination> make, T state, bool isFixed)
    {
        while (true)
        {
            if (!_byName.TryGetValue(name, out var entry))
            {
                entry = isFixed ? AddUncounted(name, make, state) : TryAdd(name, make, state);
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

            // It was evicted at this moment.
            Remove(entry, name);
        }
    }

    /// <summary>Evicts a destination at once, unless something uses it.</summary>
    public bool TryEvict(Destination destination)
    {
        if (!_byName.TryGetValue(destination.Name, out var entry) || !entry.IsValueCreated || entry.Value != destination || entry.Stays || destination.HasSessions || !destination.Use.TryClose())
        {
            return false;
        }

        Remove(entry, destination.Name);
        _ = destination.EvictAsync();
        return true;
    }

    /// <summary>Applies other options. Destinations beyond a lower limit stay until they are idle.</summary>
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

    /// <summary>Gets every destination, and waits for those that are being created.</summary>
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
                // The caller that requested it gets the exception.
                continue;
            }
        }

        return destinations;
    }

    /// <summary>Stops evictions, and clears the table.</summary>
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

    private Entry AddUncounted<T>(DstPath name, Func<DstPath, T, Destination> make, T state)
    {
        var entry = _byName.GetOrAdd(name, new Entry(() => make(name, state), isCounted: false));
        ArmOnce();
        return entry;
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

    /// <summary>Sets the timer. The caller holds the lock.</summary>
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
                // The balancer may be user code; it was asked for its endpoints.
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

        // Sessions of a listener have no hold of their own: the name of the listener has one, and may be removed before they end.
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

    /// <summary>Represents a name in the table: its destination is created by the first request.</summary>
    private sealed class Entry(Func<Destination> make, bool isCounted) : Lazy<Destination>(make)
    {
        private int _isCounted = isCounted ? 1 : 0;
        private volatile bool _isFixed;
        private int _listeners;

        /// <summary>Gets or sets a value that indicates whether the destination is never evicted.</summary>
        public bool IsFixed
        {
            get => _isFixed;
            set => _isFixed = value;
        }

        /// <summary>Gets a value that indicates whether eviction does not apply: the name is fixed, or that of a listener.</summary>
        public bool Stays => _isFixed || Volatile.Read(ref _listeners) > 0;

        public void AddListener() => Interlocked.Increment(ref _listeners);

        /// <returns>True if the name has no more listeners.</returns>
        public bool RemoveListener() => Interlocked.Decrement(ref _listeners) == 0;

        /// <summary>Removes the entry from the count of names that clients chose.</summary>
        /// <returns>True if it was counted.</returns>
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
