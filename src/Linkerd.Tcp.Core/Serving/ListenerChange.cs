using System.Net;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security.Connections;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Serving;

/// <summary>
/// Represents a change of a proxy's listeners from one set of options to another, in three steps: <see cref="PrepareAsync"/> and <see cref="StartAdded"/> may fail, and <see cref="UndoAsync"/> takes back
/// all that they have done; <see cref="Apply"/> cannot fail. One call at a time.
/// </summary>
internal sealed class ListenerChange
{
    private readonly ListenerSet _set;
    private readonly SessionServices _services;
    private readonly ConnectionLimit _limit;
    private readonly TcpProxyOptions _options;
    private readonly SessionPolicy[] _policies;
    private readonly ServedListener?[] _running;
    private readonly ServedListener?[] _next;
    private readonly Destination?[] _held;
    private readonly TlsAcceptor?[] _tls;
    private readonly List<(ServedListener Listener, TransportListenOptions Before)> _changed = [];
    private readonly List<Destination> _created = [];
    private readonly int _mostBefore;

    /// <param name="set">The listeners that change.</param>
    /// <param name="services">The services that all sessions of the proxy share.</param>
    /// <param name="limit">The limit of all listeners.</param>
    /// <param name="options">The options, validated.</param>
    /// <param name="policies">The policy of the sessions of each listener.</param>
    /// <param name="running">The listener that goes on with each of the options' listeners; null if one is to be bound.</param>
    public ListenerChange(ListenerSet set, SessionServices services, ConnectionLimit limit, TcpProxyOptions options, SessionPolicy[] policies, ServedListener?[] running)
    {
        (_set, _services, _limit, _options, _policies, _running) = (set, services, limit, options, policies, running);
        _next = (ServedListener?[])running.Clone();
        _held = new Destination?[running.Length];
        _tls = new TlsAcceptor?[running.Length];
        _mostBefore = limit.Maximum;
    }

    private int Most => _options.MaxSessions ?? FileDescriptorLimit.DefaultMaxSessions;

    /// <summary>Binds the new addresses, loads certificates, gets the destinations of fixed names, and changes the sockets that stay.</summary>
    /// <param name="transport">Listens.</param>
    /// <param name="optionsFor">The options of destinations that apply with the change; null if those in force stay.</param>
    /// <param name="cancellationToken">Cancels binding.</param>
    public async Task PrepareAsync(ITransport transport, Func<DstPath, DestinationOptions>? optionsFor, CancellationToken cancellationToken)
    {
        var listen = _options.Listeners.Select(listener => ListenOptionsOf(listener, _options)).ToArray();
        ThrowIfTransportLacks(transport);
        ThrowIfInTheWay(listen);
        LoadCertificates();
        for (var i = 0; i < _next.Length; i++)
        {
            _next[i] ??= await ServedListener.BindAsync(transport, _services, _limit, _options.Listeners[i], listen[i], cancellationToken).ConfigureAwait(false);
        }

        for (var i = 0; i < _next.Length; i++)
        {
            _held[i] = _options.Listeners[i].Destination is { } name ? _services.Destinations.HoldForListener(name, optionsFor is null ? null : (optionsFor, _created)) : null;
        }

        for (var i = 0; i < _next.Length; i++)
        {
            if (_running[i] is { } kept)
            {
                _changed.Add((kept, kept.ChangeSocket(listen[i])));
            }
        }
    }

    /// <summary>Starts to accept on the new addresses.</summary>
    public void StartAdded()
    {
        // The larger limit first, for connections that start below.
        _limit.SetMaximum(Math.Max(Most, _mostBefore));
        for (var i = 0; i < _next.Length; i++)
        {
            if (_running[i] is null)
            {
                var destination = _held[i];
                _next[i]!.Use(_services, _limit, _options.Listeners[i], destination, _policies[i], _tls[i]);

                // The listener's own now.
                _held[i] = null;
                _next[i]!.Start(destination);
            }
        }
    }

    /// <summary>Applies the change.</summary>
    /// <returns>The listeners that are not among the options any more; to be removed.</returns>
    public IReadOnlyList<ServedListener> Apply()
    {
        _limit.SetMaximum(Most);
        for (var i = 0; i < _next.Length; i++)
        {
            _running[i]?.Use(_services, _limit, _options.Listeners[i], _held[i], _policies[i], _tls[i]);
        }

        return _set.Use(_next!);
    }

    /// <summary>Takes back the steps that were done.</summary>
    public async Task UndoAsync()
    {
        _limit.SetMaximum(_mostBefore);
        Array.ForEach(_held, _services.Destinations.ReleaseForListener);
        foreach (var made in _tls.Except(_running.Select(static listener => listener?.Tls)))
        {
            made?.Dispose();
        }

        await Task.WhenAll(_next.Except(_running).Select(static listener => listener!.StopAsync())).ConfigureAwait(false);
        foreach (var (listener, before) in _changed)
        {
            try
            {
                listener.ChangeSocket(before);
            }
            catch (Exception error) when (error is NotSupportedException or TransportException or ObjectDisposedException)
            {
                // A buffer size that was set for a moment; the exception that is thrown contains the failure.
                continue;
            }
        }

        _services.Destinations.Registry.Withdraw(_created);
    }

    // All files that cannot be used are errors at once. A listener whose options of TLS stay keeps its certificates, which may be newer than those in the files.
    private void LoadCertificates()
    {
        var errors = new List<OptionsError>();
        for (var i = 0; i < _tls.Length; i++)
        {
            if (_options.Listeners[i].Tls is not { } wanted)
            {
                continue;
            }

            // Those of a listener of another proxy have its services.
            if (_set.Current.Contains(_running[i]) && _running[i]?.Tls is { } kept && _running[i]!.Options.Tls?.IsSame(wanted) == true)
            {
                _tls[i] = kept;
                continue;
            }

            try
            {
                _tls[i] = new TlsAcceptor(wanted, _services.Certificates, FormattableString.Invariant($"{nameof(TcpProxyOptions.Listeners)}[{i}].{nameof(ListenerOptions.Tls)}."));
            }
            catch (InvalidOptionsException invalid)
            {
                errors.AddRange(invalid.Errors);
            }
        }

        if (errors.Count > 0)
        {
            throw new InvalidOptionsException(errors, "options");
        }
    }

    private void ThrowIfTransportLacks(ITransport transport)
    {
        var validator = new OptionsValidator();
        validator.Each(_options.Listeners, (listener, validator) => validator.Optional(listener.Tls, (tls, validator) => tls.ValidateFor(transport, validator), nameof(listener.Tls)), nameof(TcpProxyOptions.Listeners));
        validator.ThrowIfInvalid("options");
    }

    private void ThrowIfInTheWay(TransportListenOptions[] listen)
    {
        var validator = new OptionsValidator();
        for (var i = 0; i < _running.Length; i++)
        {
            if (_running[i]?.FindObstacle(listen[i]) is { } obstacle)
            {
                validator.Add($"{_options.Listeners[i].EndPoint} cannot take these options while it listens: {obstacle}. Remove the listener, then add it.", $"{nameof(TcpProxyOptions.Listeners)}[{i}]");
            }
        }

        validator.ThrowIfInvalid("options");
    }

    private static TransportListenOptions ListenOptionsOf(ListenerOptions listener, TcpProxyOptions options) => new()
    {
        EndPoint = listener.EndPoint,
        Backlog = listener.Backlog,
        IPv6Only = options.Listeners.Any(other => IsIPv4OfSamePort(other.EndPoint, listener.EndPoint)),
        Tcp = options.Tcp,
    };

    private static bool IsIPv4OfSamePort(EndPoint candidate, EndPoint endPoint) =>
        candidate is IPEndPoint { Port: > 0 } ip && ip.Address.Equals(IPAddress.Any) && endPoint is IPEndPoint other && other.Port == ip.Port;
}
