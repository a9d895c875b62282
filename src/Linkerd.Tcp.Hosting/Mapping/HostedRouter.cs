namespace Linkerd.Tcp.Hosting;

/// <summary>Represents a router that runs: its proxy, destinations and names. They belong to the host. Immutable.</summary>
public sealed class HostedRouter
{
    internal HostedRouter(string label, TcpProxy proxy, DestinationRegistry destinations, NamingServices naming) =>
        (Label, Proxy, Destinations, Naming) = (label, proxy, destinations, naming);

    /// <summary>Gets the label.</summary>
    public string Label { get; }

    /// <summary>Gets the proxy, which accepts sessions.</summary>
    public TcpProxy Proxy { get; }

    /// <summary>Gets the destinations of the sessions.</summary>
    public DestinationRegistry Destinations { get; }

    /// <summary>Gets the services that resolve names.</summary>
    public NamingServices Naming { get; }
}
