using System.Diagnostics.CodeAnalysis;
using System.Net;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Serving;

/// <summary>
/// The listening of a proxy: its options in force, their listeners, and whether it has started or stopped. Starting, applying other options and stopping take turns. Any thread.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without a wait handle holds nothing that would have to be disposed.")]
internal sealed partial class ProxyListening
{
    private readonly SessionServices _services;
    private readonly ConnectionLimit _limit;
    private readonly IRandomSource _random;
    private readonly ListenerSet _listeners;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile TcpProxyOptions _options;
    private ServedBy _served;
    private State _state;

    /// <param name="options">The options, validated.</param>
    /// <param name="transport">Listens.</param>
    /// <param name="services">The services that all sessions share.</param>
    /// <param name="limit">The limit of all listeners.</param>
    /// <param name="random">The source of jitter.</param>
    public ProxyListening(TcpProxyOptions options, ITransport transport, SessionServices services, ConnectionLimit limit, IRandomSource random)
    {
        (_options, _services, _limit, _random) = (options, services, limit, random);
        _served = new ServedBy(options.Connect, options.Tcp);
        _listeners = new ListenerSet(transport, services, limit);
    }

    private enum State : byte
    {
        New,
        Running,
        Stopped,
        Disposed,
    }

    /// <summary>Gets the options in force.</summary>
    public TcpProxyOptions Options => _options;

    /// <summary>Gets the addresses, in the order of the options.</summary>
    public IReadOnlyList<EndPoint> LocalEndPoints => _listeners.LocalEndPoints;

    /// <summary>Gets the certificates and roots of the listeners.</summary>
    public IReadOnlyList<CertificateSnapshot> Certificates => _listeners.Certificates;

    /// <summary>Gets the registry of the destinations.</summary>
    public DestinationRegistry Registry => _services.Destinations.Registry;

    /// <summary>Loads the certificates of all listeners again.</summary>
    /// <returns>The problems of files that cannot be used.</returns>
    public Task<IReadOnlyList<string>> ReloadCertificatesAsync(CancellationToken cancellationToken) => _listeners.ReloadCertificatesAsync(cancellationToken);

    /// <summary>Starts, once.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await TakeTurnAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_state == State.Disposed, typeof(TcpProxy));
            if (_state != State.New)
            {
                throw new InvalidOperationException("The proxy was started or stopped before.");
            }

            var change = await PrepareAsync(_options, null, [], cancellationToken).ConfigureAwait(false);
            try
            {
                change.StartAdded();
            }
            catch
            {
                await change.UndoAsync().ConfigureAwait(false);
                throw;
            }

            change.Apply([]);
        }
        finally
        {
            EndTurn();
        }
    }

    /// <summary>Changes the options, one call after the other. Before <see cref="StartAsync"/> they are those to start with.</summary>
    /// <param name="change">Gets the new options, validated, and the listener that goes on with each of theirs; null if nothing is to be changed.</param>
    /// <param name="isOfAll">True if more than listeners may change.</param>
    /// <param name="cancellationToken">Cancels the wait for the turn, and binding.</param>
    /// <returns>The addresses afterwards; null if nothing was to be changed.</returns>
    public async Task<IReadOnlyList<EndPoint>?> ChangeAsync(
        Func<ProxyListening, (TcpProxyOptions Options, ServedListener?[] Running)?> change, bool isOfAll, CancellationToken cancellationToken)
    {
        await TakeTurnAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ThrowIfStopped();
            if (change(this) is not var (options, running))
            {
                return null;
            }

            var served = isOfAll ? new ServedBy(options.Connect, options.Tcp) : _served;
            if (_state == State.New)
            {
                _limit.SetMaximum(options.MaxSessions ?? FileDescriptorLimit.DefaultMaxSessions);
                (_options, _served) = (options, served);
                return [.. options.Listeners.Select(static listener => listener.EndPoint)];
            }

            var removed = await _listeners.ApplyAsync(options, PoliciesOf(options, served), running, cancellationToken).ConfigureAwait(false);
            Use(options, served, running, removed);
            await FinishAsync(removed).ConfigureAwait(false);
            return LocalEndPoints;
        }
        finally
        {
            EndTurn();
        }
    }

    /// <summary>Stops all listeners, for good.</summary>
    public async Task StopAsync(bool isDisposed)
    {
        await TakeTurnAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            var state = isDisposed ? State.Disposed : State.Stopped;
            _state = state > _state ? state : _state;
            await _listeners.StopAsync().ConfigureAwait(false);
            await _services.Destinations.StopAsync().ConfigureAwait(false);
        }
        finally
        {
            EndTurn();
        }
    }

    /// <summary>Waits for the end of other calls.</summary>
    public Task TakeTurnAsync(CancellationToken cancellationToken) => _turn.WaitAsync(cancellationToken);

    /// <summary>Ends the turn that <see cref="TakeTurnAsync"/> began.</summary>
    public void EndTurn() => _turn.Release();

    /// <summary>Prepares other options, or the start with some; if it throws nothing has changed. For use in a turn, as the members of the change.</summary>
    /// <param name="options">The options, validated.</param>
    /// <param name="optionsFor">The options of destinations that apply with the change; null if those in force stay.</param>
    /// <param name="leaving">The listeners that other proxies give up; those whose addresses are among the options are taken from it, and go on here.</param>
    /// <param name="cancellationToken">Cancels binding.</param>
    public async Task<ProxyChange> PrepareAsync(TcpProxyOptions options, Func<DstPath, DestinationOptions>? optionsFor, List<ServedListener> leaving, CancellationToken cancellationToken)
    {
        ThrowIfStopped();
        var isStart = _state == State.New;
        var served = ReferenceEquals(options, _options) ? _served : new ServedBy(options.Connect, options.Tcp);
        try
        {
            if (isStart)
            {
                // A proxy that could not start is not started again.
                _state = State.Stopped;
                await _services.Destinations.ServeWithAsync(served).ConfigureAwait(false);
            }

            var running = Match(options);
            var taken = new List<ServedListener>();
            for (var i = 0; i < running.Length; i++)
            {
                if (running[i] is null && leaving.Find(listener => listener.LocalEndPoint.Equals(options.Listeners[i].EndPoint)) is { } other)
                {
                    leaving.Remove(other);
                    taken.Add(other);
                    running[i] = other;
                }
            }

            var listeners = await _listeners.PrepareAsync(options, PoliciesOf(options, served), running, optionsFor, cancellationToken).ConfigureAwait(false);
            return new ProxyChange(this, listeners, optionsFor, options, served, running, taken, isStart);
        }
        catch when (isStart)
        {
            await _services.Destinations.StopAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Finds the listeners that are not among some options any more. For use in a turn.</summary>
    /// <param name="options">The options, validated; null if the proxy stops listening.</param>
    public IEnumerable<ServedListener> FindLeaving(TcpProxyOptions? options) => _listeners.Current.Except(options is null ? [] : Match(options).OfType<ServedListener>());

    /// <summary>Prepares the end of listening. For use in a turn, as the members of the change.</summary>
    public ProxyChange PrepareStop()
    {
        ThrowIfStopped();
        return new ProxyChange(this, null, null, _options, _served, [], [], isStart: false);
    }

    /// <summary>Stops listening; the listeners are still to be removed.</summary>
    public IReadOnlyList<ServedListener> EndListening()
    {
        _state = State.Stopped;
        return _listeners.Use([]);
    }

    /// <summary>Takes the start of a proxy back, whose listeners are stopped.</summary>
    public ValueTask UndoStartAsync() => _services.Destinations.StopAsync();

    /// <summary>Begins to use other options, whose listeners run.</summary>
    public void Use(TcpProxyOptions options, ServedBy served, ServedListener?[] running, IReadOnlyList<ServedListener> removed)
    {
        (_options, _served) = (options, served);
        if (_state != State.Running)
        {
            _state = State.Running;
            return;
        }

        Log.Changed(_services.ProxyLogger, running.Count(static listener => listener is null), running.Count(static listener => listener is not null), removed.Count, _limit.Maximum);
    }

    /// <summary>Closes listeners that are removed, and preconnects that were made in another way.</summary>
    public async Task FinishAsync(IReadOnlyList<ServedListener> removed)
    {
        var closing = Task.WhenAll(removed.Select(static listener => listener.RemoveAsync()));
        await (_state == State.Stopped ? _services.Destinations.StopAsync().AsTask() : _services.Destinations.ServeWithAsync(_served)).ConfigureAwait(false);
        await closing.ConfigureAwait(false);
    }

    /// <summary>Gets the options with other listeners, validated. For use in a turn.</summary>
    /// <param name="change">Changes the listeners, and those that run with each, in the same order.</param>
    public (TcpProxyOptions Options, ServedListener?[] Running) WithListeners(Action<List<ListenerOptions>, List<ServedListener?>> change)
    {
        var options = _options.Copy();
        var listeners = options.Listeners.ToList();
        var running = _state == State.New ? [.. listeners.Select(static _ => (ServedListener?)null)] : new List<ServedListener?>(_listeners.Current);
        change(listeners, running);
        options.Listeners = listeners;
        return (TcpProxy.Validated(options), [.. running]);
    }

    /// <summary>Gets the listener that goes on with each of some options; null if one is to be bound.</summary>
    public ServedListener?[] Match(TcpProxyOptions options) => _listeners.Match(options.Listeners);

    /// <summary>Gets the position of the listener on an address; -1 if there is none. For use in a turn.</summary>
    public int IndexOf(EndPoint localEndPoint) => _state == State.New
        ? _options.Listeners.TakeWhile(listener => !listener.EndPoint.Equals(localEndPoint)).Count() is var at && at < _options.Listeners.Count ? at : -1
        : _listeners.IndexOf(localEndPoint);

    private void ThrowIfStopped()
    {
        ObjectDisposedException.ThrowIf(_state == State.Disposed, typeof(TcpProxy));
        if (_state == State.Stopped)
        {
            throw new InvalidOperationException("The proxy has stopped listening: it takes new options only before.");
        }
    }

    // The policy of the sessions of each listener, in the order of the options.
    private SessionPolicy[] PoliciesOf(TcpProxyOptions options, ServedBy served)
    {
        var shared = new DuplexProxy(_random, options.Duplex);
        return [.. options.Listeners.Select(listener => new SessionPolicy
        {
            Proxy = served,
            ConnectTimeout = listener.ConnectTimeout ?? options.Connect.ConnectTimeout ?? ConnectOptions.DefaultConnectTimeout,
            AbortOnClose = listener.AbortOnClose ?? options.AbortOnClose,
            Duplex = listener.Duplex is { } own ? new DuplexProxy(_random, own) : shared,
        })];
    }

    private static partial class Log
    {
        [LoggerMessage(4012, LogLevel.Information, "new options: {Added} listeners added, {Kept} kept, {Removed} removed; up to {MaxSessions} sessions", EventName = "OptionsChanged")]
        public static partial void Changed(ILogger logger, int added, int kept, int removed, int maxSessions);
    }
}
