using System.Diagnostics.Metrics;
using Linkerd.Tcp.Hosting.Running;

namespace Linkerd.Tcp.Hosting;

/// <summary>
/// Represents a router of a <see cref="ProxyHost"/> while it runs: its proxy, the destinations that all of its servers share, and the services that resolve their names. The host disposes them.
/// Any thread.
/// </summary>
public sealed class HostedRouter
{
    private readonly Meter _meter;
    private volatile RouterNaming _names;

    internal HostedRouter(string label, TcpProxy proxy, DestinationRegistry destinations, RouterNaming names, Meter meter) =>
        (Label, Proxy, Destinations, _names, _meter) = (label, proxy, destinations, names, meter);

    /// <summary>Gets the label, which identifies the router.</summary>
    public string Label { get; }

    /// <summary>Gets the proxy, with a listener for each server.</summary>
    public TcpProxy Proxy { get; }

    /// <summary>Gets the destinations.</summary>
    public DestinationRegistry Destinations { get; }

    /// <summary>Gets the services that resolve names. A change of the interpreter replaces them.</summary>
    public NamingServices Naming => _names.Services;

    /// <summary>Gets or sets the resolution of the names.</summary>
    internal RouterNaming Names
    {
        get => _names;
        set => _names = value;
    }

    /// <summary>Ends the watches of names, once the proxy is disposed.</summary>
    internal async Task EndAsync()
    {
        await Destinations.DisposeAsync().ConfigureAwait(false);
        await _names.DisposeAsync().ConfigureAwait(false);
        _meter.Dispose();
    }
}
