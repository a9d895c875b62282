using System.Net;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Connections;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Serving;

/// <summary>
/// The listeners of a proxy, and the change from one set of options to another: steps that can fail come first, and are undone if one does; then nothing can fail any more. One call at a time;
/// the addresses may be read on any thread.
/// </summary>
/// <param name="transport">Listens.</param>
/// <param name="services">The services that all sessions of the proxy share.</param>
/// <param name="limit">The limit of all listeners.</param>
internal sealed class ListenerSet(ITransport transport, SessionServices services, ConnectionLimit limit)
{
    private volatile ServedListener[] _current = [];

    /// <summary>Gets the listeners, in the order of the options.</summary>
    public IReadOnlyList<ServedListener> Current => _current;

    /// <summary>Gets the addresses, in the order of the options.</summary>
    public IReadOnlyList<EndPoint> LocalEndPoints => [.. _current.Select(static listener => listener.LocalEndPoint)];

    /// <summary>Gets the position of the listener on an address; -1 if there is none.</summary>
    public int IndexOf(EndPoint localEndPoint) => Array.FindIndex(_current, listener => listener.LocalEndPoint.Equals(localEndPoint));

    /// <summary>
    /// Finds the running listener that goes on with each of some options: by address; for port 0 by key, or, if one of the two has none, in order. Null if there is none, and one is to be bound.
    /// </summary>
    public ServedListener?[] Match(IReadOnlyList<ListenerOptions> options)
    {
        var found = new ServedListener?[options.Count];
        var left = _current.ToList();

        // Also the port that was chosen for port 0.
        Take(static (next, running) => next.EndPoint.Equals(running.LocalEndPoint));
        Take(static (next, running) => next.EndPoint.Equals(running.Options.EndPoint) && next.Key == running.Options.Key);
        Take(static (next, running) => next.EndPoint.Equals(running.Options.EndPoint) && (next.Key is null || running.Options.Key is null));
        return found;

        void Take(Func<ListenerOptions, ServedListener, bool> isIt)
        {
            for (var i = 0; i < found.Length; i++)
            {
                if (found[i] is null && left.FindIndex(running => isIt(options[i], running)) is var at and >= 0)
                {
                    found[i] = left[at];
                    left.RemoveAt(at);
                }
            }
        }
    }

    /// <summary>Changes to other options; if it throws nothing has changed.</summary>
    /// <param name="options">The options, validated.</param>
    /// <param name="policy">Their part for all sessions.</param>
    /// <param name="running">The listener that goes on with each of their listeners, as of <see cref="Match"/>.</param>
    /// <param name="cancellationToken">Cancels binding.</param>
    /// <returns>The listeners that are not among them any more; to be removed.</returns>
    public async Task<IReadOnlyList<ServedListener>> ApplyAsync(
        TcpProxyOptions options, SessionPolicy policy, ServedListener?[] running, CancellationToken cancellationToken)
    {
        var listen = options.Listeners.Select(listener => ListenOptionsOf(listener, options)).ToArray();
        ThrowIfInTheWay(options, running, listen);
        var next = (ServedListener?[])running.Clone();
        var changed = new List<(ServedListener Listener, TransportListenOptions Before)>();
        var held = new Destination?[next.Length];
        var tls = new TlsAcceptor?[next.Length];
        var mostBefore = limit.Maximum;
        try
        {
            LoadCertificates(options, running, tls);
            for (var i = 0; i < next.Length; i++)
            {
                next[i] ??= await ServedListener.BindAsync(transport, services, limit, options.Listeners[i], listen[i], cancellationToken).ConfigureAwait(false);
            }

            for (var i = 0; i < next.Length; i++)
            {
                held[i] = options.Listeners[i].Destination is { } name ? services.Destinations.HoldForListener(name) : null;
            }

            for (var i = 0; i < next.Length; i++)
            {
                if (running[i] is { } kept)
                {
                    changed.Add((kept, kept.ChangeSocket(listen[i])));
                }
            }

            // The larger limit first, for connections that start below.
            var most = options.MaxSessions ?? FileDescriptorLimit.DefaultMaxSessions;
            limit.SetMaximum(Math.Max(most, mostBefore));
            StartAdded(options, policy, running, next!, held, tls);
            limit.SetMaximum(most);
            for (var i = 0; i < next.Length; i++)
            {
                running[i]?.Use(options.Listeners[i], held[i], policy, tls[i]);
            }
        }
        catch
        {
            limit.SetMaximum(mostBefore);
            Array.ForEach(held, services.Destinations.ReleaseForListener);
            foreach (var made in tls.Except(running.Select(static listener => listener?.Tls)))
            {
                made?.Dispose();
            }

            await UndoAsync(next.Where((_, i) => running[i] is null), changed).ConfigureAwait(false);
            throw;
        }

        var removed = _current.Except(running).ToArray();
        _current = next!;
        return removed!;
    }

    /// <summary>Gets the certificates and roots in use.</summary>
    public IReadOnlyList<CertificateSnapshot> Certificates => [.. _current.SelectMany(static listener => listener.Tls?.Certificates?.Snapshot() ?? [])];

    /// <summary>Loads the certificates of all listeners again.</summary>
    /// <returns>The problems of files that cannot be used.</returns>
    public Task<IReadOnlyList<string>> ReloadCertificatesAsync(CancellationToken cancellationToken) =>
        CertificateWatch.ReloadAsync(_current.Select(static listener => listener.Tls?.Certificates).OfType<CertificateWatch>(), cancellationToken);

    /// <summary>Stops all, at once, as each may take a moment to serve the clients that have connected already.</summary>
    public async Task StopAsync()
    {
        await Task.WhenAll(_current.Select(static listener => listener.StopAsync())).ConfigureAwait(false);
        _current = [];
    }

    // All files that cannot be used are errors at once. A listener whose options of TLS stay keeps its certificates, which may be newer than those in the files.
    private void LoadCertificates(TcpProxyOptions options, ServedListener?[] running, TlsAcceptor?[] tls)
    {
        var errors = new List<OptionsError>();
        for (var i = 0; i < tls.Length; i++)
        {
            if (options.Listeners[i].Tls is not { } wanted)
            {
                continue;
            }

            if (running[i]?.Tls is { } kept && running[i]!.Options.Tls?.IsSame(wanted) == true)
            {
                tls[i] = kept;
                continue;
            }

            try
            {
                tls[i] = new TlsAcceptor(wanted, services.Certificates, FormattableString.Invariant($"{nameof(options.Listeners)}[{i}].{nameof(ListenerOptions.Tls)}."));
            }
            catch (InvalidOptionsException invalid)
            {
                errors.AddRange(invalid.Errors);
            }
        }

        if (errors.Count > 0)
        {
            throw new InvalidOptionsException(errors, nameof(options));
        }
    }

    private static void StartAdded(TcpProxyOptions options, SessionPolicy policy, ServedListener?[] running, ServedListener[] next, Destination?[] held, TlsAcceptor?[] tls)
    {
        for (var i = 0; i < next.Length; i++)
        {
            if (running[i] is null)
            {
                var destination = held[i];
                next[i].Use(options.Listeners[i], destination, policy, tls[i]);

                // The listener's own now.
                held[i] = null;
                next[i].Start(destination);
            }
        }
    }

    private static void ThrowIfInTheWay(TcpProxyOptions options, ServedListener?[] running, TransportListenOptions[] listen)
    {
        var validator = new OptionsValidator();
        for (var i = 0; i < running.Length; i++)
        {
            if (running[i]?.FindObstacle(listen[i]) is { } obstacle)
            {
                validator.Add($"{options.Listeners[i].EndPoint} cannot take these options while it listens: {obstacle}. Remove the listener, then add it.", $"{nameof(options.Listeners)}[{i}]");
            }
        }

        validator.ThrowIfInvalid(nameof(options));
    }

    private static async Task UndoAsync(IEnumerable<ServedListener?> added, List<(ServedListener Listener, TransportListenOptions Before)> changed)
    {
        await Task.WhenAll(added.Select(static listener => listener?.StopAsync() ?? Task.CompletedTask)).ConfigureAwait(false);
        foreach (var (listener, before) in changed)
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
