using System.Net;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Security.Connections;
using Linkerd.Tcp.Security.Routing;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Serving;

/// <summary>
/// Represents a listener of a proxy while it runs: its socket, the limits and counts that stay when its options change, and the acceptor that has the options in force. A connection costs
/// one look at which acceptor that is. One call at a time; connections come on any thread.
/// </summary>
internal sealed partial class ServedListener : IConnectionHandler
{
    private readonly ITransportListener _socket;
    private readonly ConnectionLimit _limit;
    private SessionServices _services;
    private TransportListenOptions _listen;
    private ClientCounts? _clients;
    private TokenBucket? _rate;
    private ClientRates? _handshakeRates;
    private volatile SessionAcceptor? _acceptor;
    private Destination? _destination;
    private TlsAcceptor? _tls;
    private SessionAcceptor? _left;

    private ServedListener(SessionServices services, ITransportListener socket, ListenerOptions options, TransportListenOptions listen, ConnectionLimit limit)
    {
        _services = services;
        _socket = socket;
        _listen = listen;
        _limit = limit;
        Options = options;
    }

    /// <summary>Gets the options in force.</summary>
    public ListenerOptions Options { get; private set; }

    /// <summary>Gets the address, with the port that was chosen for port 0.</summary>
    public EndPoint LocalEndPoint => _socket.LocalEndPoint;

    /// <summary>Binds a socket, on which nothing is accepted yet.</summary>
    public static async Task<ServedListener> BindAsync(
        ITransport transport, SessionServices services, ConnectionLimit whole, ListenerOptions options, TransportListenOptions listen, CancellationToken cancellationToken)
    {
        // A part of the whole also without a limit of its own: it may get one, which counts the existing sessions then.
        var limit = new ConnectionLimit(options.MaxSessions ?? int.MaxValue, whole);
        listen.Limit = limit;
        return new(services, await transport.ListenAsync(listen, cancellationToken).ConfigureAwait(false), options, listen, limit);
    }

    /// <summary>Gets the reason for which the socket cannot take options; null if it can.</summary>
    public string? FindObstacle(TransportListenOptions listen) => IsSame(listen) ? null : _socket.FindObstacle(listen);

    /// <summary>Applies options to the socket for which there is no obstacle.</summary>
    /// <returns>The earlier options.</returns>
    public TransportListenOptions ChangeSocket(TransportListenOptions listen)
    {
        var before = _listen;
        if (!IsSame(listen))
        {
            _socket.Change(listen);
            _listen = listen;
        }

        return before;
    }

    /// <summary>Admits connections that come from now on by other options, perhaps as a listener of another proxy, and goes on with the existing counts. Sessions that run stay where they are, but for their places.</summary>
    /// <param name="services">The services of the proxy.</param>
    /// <param name="whole">The limit of the proxy.</param>
    /// <param name="options">The options.</param>
    /// <param name="destination">The destination of the options' name, held for this listener; null if they have none.</param>
    /// <param name="policy">The policy for the sessions.</param>
    /// <param name="tls">The handshakes with clients, which belong to the listener from now on; null if there are none.</param>
    public void Use(SessionServices services, ConnectionLimit whole, ListenerOptions options, Destination? destination, SessionPolicy policy, TlsAcceptor? tls)
    {
        Options = options;
        _limit.MoveTo(whole);
        _limit.SetMaximum(options.MaxSessions ?? int.MaxValue);
        if (options.AcceptRate is { } rate)
        {
            // The tokens of the bucket stay: a change of a limit grants no burst.
            var burst = options.AcceptBurst ?? Math.Ceiling(rate);
            (_rate ??= new TokenBucket(rate, burst, _services.TimeProvider)).SetRate(rate, burst);
        }

        if (options.MaxSessionsPerClient is { } most)
        {
            (_clients ??= new ClientCounts(most)).SetMaximum(most);
        }

        if (options.Tls?.MaxHandshakeRatePerClient is { } handshakes)
        {
            (_handshakeRates ??= new ClientRates(handshakes, _services.TimeProvider)).SetRate(handshakes);
        }

        var access = ClientAccess.Create(options.AllowClients, options.DenyClients, options.AcceptProxy);
        var before = _acceptor;
        _acceptor = new SessionAcceptor(services, LocalEndPoint, _limit, before)
        {
            Policy = policy,
            Key = options.Key,
            ServerNames = options.ServerNameRules.Count == 0 ? null : new ServerNameRouter(new ServerNameRules(options.ServerNameRules, null)),
            Destination = destination,
            Route = options.Route,
            Rate = options.AcceptRate is null ? null : _rate,
            Clients = options.MaxSessionsPerClient is null ? null : _clients,
            Access = access,
            Preludes = [.. PreludesOf(options, access, tls)],
            PreludeTimeout = options.PreludeTimeout,
            MaxPreludeBytes = ReadsHellos(options) ? Math.Max(options.MaxPreludeBytes, ServerNamePrelude.MaxBytes) : options.MaxPreludeBytes,
        };
        Hold(destination);
        if (_services != services)
        {
            (_services, _left) = (services, before);
            Log.Moved(services.ProxyLogger, LocalEndPoint, _limit.Active);
        }

        if (_tls != tls)
        {
            _tls?.Dispose();
            _tls = tls;
        }
    }

    /// <summary>Gets the handshakes in force; null if there are none.</summary>
    public TlsAcceptor? Tls => _tls;

    /// <summary>Starts accepting, once there are options to use.</summary>
    public void Start(Destination? destination)
    {
        if (destination is not null)
        {
            Log.Listening(_services.ProxyLogger, LocalEndPoint, destination.Name, destination.Options.Resolver, _limit.Maximum);
        }
        else
        {
            Log.ListeningForRoutes(_services.ProxyLogger, LocalEndPoint, _limit.Maximum);
        }

        _socket.Start(this);
    }

    /// <summary>Waits until the proxy that had the listener before is handed no connection of it any more.</summary>
    public async Task LeaveAsync()
    {
        // From the change of the acceptor to this look.
        Interlocked.MemoryBarrier();
        while (_left is { IsEntered: true })
        {
            await Task.Yield();
        }

        _left = null;
    }

    /// <summary>Stops accepting, once the clients that have connected already are sessions, which continue.</summary>
    public async Task StopAsync()
    {
        try
        {
            await _socket.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // A transport that may be user code: the other listeners stop all the same.
            Log.StopThrew(_services.ProxyLogger, error, LocalEndPoint);
        }

        Hold(null);
        _tls?.Dispose();
    }

    /// <summary>Stops a listener that the proxy no longer has.</summary>
    public async Task RemoveAsync()
    {
        await StopAsync().ConfigureAwait(false);
        Log.Removed(_services.ProxyLogger, LocalEndPoint, _limit.Active);
    }

    private void Hold(Destination? destination)
    {
        var before = _destination;
        _destination = destination;
        _services.Destinations.ReleaseForListener(before);
    }

    void IConnectionHandler.OnAccepted(TransportConnection connection)
    {
        var acceptor = _acceptor!;
        acceptor.Enter();
        while (acceptor != _acceptor)
        {
            // Maybe the services of the one before are not there any more.
            acceptor.Leave();
            acceptor = _acceptor!;
            acceptor.Enter();
        }

        try
        {
            acceptor.OnAccepted(connection);
        }
        finally
        {
            acceptor.Leave();
        }
    }

    void IConnectionHandler.OnAcceptFailed(TransportException error, TimeSpan retryAfter) => _acceptor!.OnAcceptFailed(error, retryAfter);

    private IEnumerable<IPrelude> PreludesOf(ListenerOptions options, ClientAccess? access, TlsAcceptor? tls)
    {
        if (options.AcceptProxy is not null)
        {
            yield return new ProxyHeaderPrelude(access!, options.MaxPreludeBytes);
        }

        if (tls is not null)
        {
            yield return new TlsPrelude(tls, options.Tls!.MaxHandshakeRatePerClient is null ? null : _handshakeRates, _listen.Tcp.WindowSize);
        }

        if (ReadsHellos(options))
        {
            yield return new ServerNamePrelude(hasDefault: options.Destination is not null || options.Route is not null);
        }

        foreach (var prelude in options.Preludes)
        {
            yield return prelude;
        }
    }

    // If TLS ends here, the handshake gives the server name.
    private static bool ReadsHellos(ListenerOptions options) => options.ServerNameRules.Count > 0 && options.Tls is null;

    private bool IsSame(TransportListenOptions listen) => listen.Backlog == _listen.Backlog && listen.IPv6Only == _listen.IPv6Only && listen.Tcp.IsSame(_listen.Tcp);

    private static partial class Log
    {
        [LoggerMessage(4013, LogLevel.Information, "listening on {LocalEndPoint} under another proxy from now on; {Sessions} sessions stay with the one before", EventName = "ListenerMoved")]
        public static partial void Moved(ILogger logger, EndPoint localEndPoint, int sessions);

        [LoggerMessage(4000, LogLevel.Information, "listening on {LocalEndPoint} for {Name}, resolved by {Resolver}, up to {MaxSessions} sessions", EventName = "Listening")]
        public static partial void Listening(ILogger logger, EndPoint localEndPoint, DstPath name, IResolver resolver, int maxSessions);

        [LoggerMessage(4010, LogLevel.Information, "listening on {LocalEndPoint}, where each session is given a name of its own, up to {MaxSessions} sessions", EventName = "ListeningForRoutes")]
        public static partial void ListeningForRoutes(ILogger logger, EndPoint localEndPoint, int maxSessions);

        [LoggerMessage(4008, LogLevel.Error, "the listener on {LocalEndPoint} threw when it was stopped", EventName = "StopThrew")]
        public static partial void StopThrew(ILogger logger, Exception error, EndPoint localEndPoint);

        [LoggerMessage(4011, LogLevel.Information, "listening no more on {LocalEndPoint}, {Sessions} sessions of which go on", EventName = "ListenerRemoved")]
        public static partial void Removed(ILogger logger, EndPoint localEndPoint, int sessions);
    }
}
