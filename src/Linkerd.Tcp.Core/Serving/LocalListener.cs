using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp;

/// <summary>
/// Represents a listener of this process on loopback or on a Unix-domain socket, for client libraries that take nothing but an address: each of their connections is a session to one
/// destination. It is a <see cref="TcpProxy"/> with one listener, with its half-closes, resets, limits and drain. Any thread.
/// </summary>
public sealed class LocalListener : IAsyncDisposable
{
    private readonly ITransport? _ownTransport;
    private readonly Meter? _ownMeter;

    private LocalListener(TcpProxy proxy, ITransport? ownTransport, Meter? ownMeter) =>
        (Proxy, EndPoint, _ownTransport, _ownMeter) = (proxy, proxy.LocalEndPoints[0], ownTransport, ownMeter);

    /// <summary>Gets the address, with the port that was chosen for port 0.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>Gets the address for a connection string: the IP address, or the path of the socket.</summary>
    public string Host => EndPoint is IPEndPoint ip ? ip.Address.ToString() : EndPoint.ToString()!;

    /// <summary>Gets the port; 0 if this is a Unix-domain socket.</summary>
    public int Port => EndPoint is IPEndPoint ip ? ip.Port : 0;

    /// <summary>Gets the proxy: its sessions, <see cref="TcpProxy.DrainAsync"/>, and <see cref="TcpProxy.ApplyAsync"/> for other options.</summary>
    public TcpProxy Proxy { get; }

    /// <summary>Starts a listener.</summary>
    /// <remarks>Any user of the machine can connect to loopback. A Unix-domain socket in a folder that only the user of this process may enter is for this user only.</remarks>
    /// <param name="destination">The destination. It is held for as long as the listener exists.</param>
    /// <param name="endPoint">The address: loopback, or a <see cref="UnixDomainSocketEndPoint"/>. Default: 127.0.0.1, with a port that is free.</param>
    /// <param name="configure">Changes the options of the proxy, which has one listener. Default: those of <see cref="TcpProxyOptions"/>.</param>
    /// <param name="transport">The transport. It is not disposed. Default: one with one event loop (<see cref="TransportFactory"/>).</param>
    /// <param name="loggerFactory">The factory of loggers. Default: nothing is logged.</param>
    /// <param name="meter">The meter of the proxy's instruments. Default: one of the name <see cref="LinkerdTcpTelemetry.MeterName"/>.</param>
    /// <param name="cancellationToken">Cancels binding.</param>
    /// <returns>The listener, which accepts. The caller disposes it.</returns>
    /// <exception cref="ArgumentException">The address is neither loopback nor that of a Unix-domain socket.</exception>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    /// <exception cref="TransportException">The address could not be bound.</exception>
    /// <exception cref="ObjectDisposedException">The registry of the destination was disposed.</exception>
    public static async Task<LocalListener> StartAsync(
        Destination destination,
        EndPoint? endPoint = null,
        Action<TcpProxyOptions>? configure = null,
        ITransport? transport = null,
        ILoggerFactory? loggerFactory = null,
        Meter? meter = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        endPoint ??= new IPEndPoint(IPAddress.Loopback, 0);
        if (endPoint is not (UnixDomainSocketEndPoint or IPEndPoint) || (endPoint is IPEndPoint ip && !IPAddress.IsLoopback(ip.Address)))
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"'{endPoint}' is not local: an address of loopback or a Unix-domain socket was expected. Use {nameof(TcpProxy)} for any other."), nameof(endPoint));
        }

        var options = new TcpProxyOptions { Listeners = [new ListenerOptions(endPoint, destination.Name)] };
        configure?.Invoke(options);
        var ownMeter = meter is null ? new Meter(LinkerdTcpTelemetry.MeterName) : null;
        var ownTransport = transport is null ? TransportFactory.Create(new TransportOptions { Loops = 1 }, loggerFactory, meter ?? ownMeter) : null;
        TcpProxy? proxy = null;
        try
        {
            proxy = new TcpProxy(options, destination.Services.Registry, transport ?? ownTransport, loggerFactory, meter ?? ownMeter, destination.TimeProvider);
            await proxy.StartAsync(cancellationToken).ConfigureAwait(false);
            return new LocalListener(proxy, ownTransport, ownMeter);
        }
        catch
        {
            await DisposeAsync(proxy, ownTransport, ownMeter).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Stops accepting, and aborts every session. <see cref="TcpProxy.DrainAsync"/> of the proxy lets them finish before.</summary>
    public ValueTask DisposeAsync() => DisposeAsync(Proxy, _ownTransport, _ownMeter);

    private static async ValueTask DisposeAsync(TcpProxy? proxy, ITransport? transport, Meter? meter)
    {
        if (proxy is not null)
        {
            await proxy.DisposeAsync().ConfigureAwait(false);
        }

        if (transport is not null)
        {
            await transport.DisposeAsync().ConfigureAwait(false);
        }

        meter?.Dispose();
    }
}
