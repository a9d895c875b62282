using System.Net;
using Linkerd.Tcp.Security;
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
    /// <returns>The listeners that are not among them any more; to be removed.</returns>
    /// <inheritdoc cref="PrepareAsync"/>
    public async Task<IReadOnlyList<ServedListener>> ApplyAsync(TcpProxyOptions options, SessionPolicy[] policies, ServedListener?[] running, CancellationToken cancellationToken)
    {
        var change = await PrepareAsync(options, policies, running, null, cancellationToken).ConfigureAwait(false);
        try
        {
            change.StartAdded();
        }
        catch
        {
            await change.UndoAsync().ConfigureAwait(false);
            throw;
        }

        return change.Apply();
    }

    /// <summary>Prepares a change to other options; if it throws nothing has changed.</summary>
    /// <param name="options">The options, validated.</param>
    /// <param name="policies">The policy of the sessions of each listener.</param>
    /// <param name="running">The listener that goes on with each of their listeners, as of <see cref="Match"/>.</param>
    /// <param name="optionsFor">The options of destinations that apply with the change; null if those in force stay.</param>
    /// <param name="cancellationToken">Cancels binding.</param>
    public async Task<ListenerChange> PrepareAsync(
        TcpProxyOptions options, SessionPolicy[] policies, ServedListener?[] running, Func<DstPath, DestinationOptions>? optionsFor, CancellationToken cancellationToken)
    {
        var change = new ListenerChange(this, services, limit, options, policies, running);
        try
        {
            await change.PrepareAsync(transport, optionsFor, cancellationToken).ConfigureAwait(false);
            return change;
        }
        catch
        {
            await change.UndoAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Uses other listeners from now on.</summary>
    /// <returns>The listeners that are not among them any more.</returns>
    public IReadOnlyList<ServedListener> Use(ServedListener[] next)
    {
        var removed = _current.Except(next).ToArray();
        _current = next;
        return removed;
    }

    /// <summary>Gets the certificates and roots in use.</summary>
    public IReadOnlyList<CertificateSnapshot> Certificates => [.. _current.SelectMany(static listener => listener.Tls?.Certificates?.Snapshot() ?? [])];

    /// <summary>Loads the certificates and ticket keys of all listeners again.</summary>
    /// <returns>The problems of files that cannot be used, once each.</returns>
    public async Task<IReadOnlyList<string>> ReloadCertificatesAsync(CancellationToken cancellationToken)
    {
        var problems = await Task.WhenAll(_current.Select(static listener => listener.Tls).OfType<TlsAcceptor>().Select(tls => tls.ReloadAsync(cancellationToken))).ConfigureAwait(false);
        return [.. problems.SelectMany(static some => some).Distinct()];
    }

    /// <summary>Stops all, at once, as each may take a moment to serve the clients that have connected already.</summary>
    public async Task StopAsync()
    {
        await Task.WhenAll(_current.Select(static listener => listener.StopAsync())).ConfigureAwait(false);
        _current = [];
    }
}
