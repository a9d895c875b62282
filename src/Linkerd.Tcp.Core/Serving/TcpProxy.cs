using System.Net;

namespace Linkerd.Tcp;

/// <summary>A layer-4 proxy: listeners, the sessions that come from them, their limits, and the drain at the end. Any thread.</summary>
public sealed class TcpProxy : IAsyncDisposable
{
    /// <summary>The addresses it listens on, in the order of <see cref="TcpProxyOptions.Listeners"/>, with the ports that port 0 became. Empty before <see cref="StartAsync"/>.</summary>
    public IReadOnlyList<EndPoint> LocalEndPoints => throw new NotSupportedException();

    /// <summary>The sessions that are open now.</summary>
    public int ActiveSessions => throw new NotSupportedException();

    /// <summary>Binds every listener, then starts accepting.</summary>
    /// <exception cref="TransportException">An address could not be bound; nothing is accepted then.</exception>
    public Task StartAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Stops accepting, lets sessions finish for the grace period, then aborts those that are left.</summary>
    /// <param name="grace">How long sessions may take to finish.</param>
    /// <param name="abort">Aborts what is left at once.</param>
    /// <returns>How many sessions were aborted.</returns>
    public Task<int> DrainAsync(TimeSpan grace, CancellationToken abort) => throw new NotSupportedException();

    /// <summary>Stops accepting and aborts every session.</summary>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
