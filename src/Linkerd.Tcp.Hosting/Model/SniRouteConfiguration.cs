namespace Linkerd.Tcp.Hosting;

/// <summary>Represents the configuration of a route of a server: the target of sessions whose TLS handshake has a fitting server name and application protocol.</summary>
public sealed class SniRouteConfiguration
{
    /// <summary>Gets or sets the pattern, such as <c>www.example.com</c>, <c>*.example.com</c>, <c>*.example.com,alpn=h2</c> or <c>alpn=h2</c>; <c>*</c> is one label. Required.</summary>
    public string? Pattern { get; set; }

    /// <summary>Gets or sets the target. Required.</summary>
    public SniRouteTarget? DstName { get; set; }
}
