using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.ProxyProtocol;
using Linkerd.Tcp.Sessions;

namespace Linkerd.Tcp.Dialing;

/// <summary>
/// Represents the options of a PROXY header with which server connections begin, so that servers receive the client's address. It has the addresses of the client and that the client
/// connected to, also if a proxy before this one has named them. A connection without a client (a check, <see cref="Destination.ConnectAsync"/>), and one whose client has no IP address, begins
/// with LOCAL in version 2, and with UNKNOWN in version 1.
/// </summary>
public sealed class SendProxyOptions
{
    /// <summary>Gets or sets the version. Default: <see cref="ProxyProtocolVersion.V2"/>. Version 1 has addresses only.</summary>
    public ProxyProtocolVersion Version { get; set; } = ProxyProtocolVersion.V2;

    /// <summary>Gets or sets a value that indicates whether version 2 has the server name that the client sent (0x02), if it is known and has at most 255 bytes. Default: true.</summary>
    public bool Authority { get; set; } = true;

    /// <summary>Gets or sets a value that indicates whether version 2 has the application protocol (0x01), if it is known. Default: true.</summary>
    public bool Alpn { get; set; } = true;

    /// <summary>
    /// Gets or sets a value that indicates whether version 2 has a unique id (0x05): the one that a proxy before this one has sent; otherwise a random number
    /// of this destination in hexadecimal, a hyphen, and <see cref="SessionContext.Id"/>. Default: false.
    /// </summary>
    public bool UniqueId { get; set; }

    /// <summary>Gets or sets a value that indicates whether version 2 has a checksum (CRC32C, 0x03). Default: false.</summary>
    public bool Checksum { get; set; }

    internal SendProxyOptions Copy() => (SendProxyOptions)MemberwiseClone();

    internal void Validate(OptionsValidator validator)
    {
        validator.Defined<ProxyProtocolVersion>(Version);
        validator.Expect(!UniqueId || Version != ProxyProtocolVersion.V1, UniqueId, "false, as version 1 has no fields,");
        validator.Expect(!Checksum || Version != ProxyProtocolVersion.V1, Checksum, "false, as version 1 has no fields,");
    }
}
