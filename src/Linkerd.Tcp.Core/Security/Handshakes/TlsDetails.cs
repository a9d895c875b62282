using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Linkerd.Tcp.Security.Certificates;

namespace Linkerd.Tcp.Security;

/// <summary>Represents the result of a TLS handshake. Immutable.</summary>
public sealed class TlsDetails
{
    /// <param name="version">The version.</param>
    /// <param name="suite">The cipher suite.</param>
    /// <param name="protocol">The application protocol; null if there is none.</param>
    /// <param name="clientCertificate">The certificate of the client; null if it sent none, and for a server.</param>
    internal TlsDetails(TlsVersion version, TlsCipherSuite suite, string? protocol, X509Certificate2? clientCertificate) =>
        (Version, CipherSuite, ApplicationProtocol, PeerName) = (version, suite, protocol, clientCertificate is null ? null : NameOf(clientCertificate));

    /// <summary>Gets the version.</summary>
    public TlsVersion Version { get; }

    /// <summary>Gets the version in the word of the metric.</summary>
    internal string VersionWord => Version == TlsVersion.Tls13 ? "1.3" : "1.2";

    /// <summary>Gets the cipher suite.</summary>
    public TlsCipherSuite CipherSuite { get; }

    /// <summary>Gets the application protocol (ALPN) that was negotiated; null if there is none.</summary>
    public string? ApplicationProtocol { get; }

    /// <summary>
    /// Gets the name in the client's certificate: its first URI, such as a SPIFFE ID, or else its first DNS name, or else its subject. Null if the client sent none, and for a server.
    /// </summary>
    public string? PeerName { get; }

    /// <summary>Reads the result from a stream whose handshake has just ended.</summary>
    internal static TlsDetails Of(SslStream stream) => new(
        stream.SslProtocol == SslProtocols.Tls13 ? TlsVersion.Tls13 : TlsVersion.Tls12,
        stream.NegotiatedCipherSuite,
        stream.NegotiatedApplicationProtocol.Protocol is { IsEmpty: false } protocol ? Encoding.Latin1.GetString(protocol.Span) : null,
        stream.IsServer ? (X509Certificate2?)stream.RemoteCertificate : null);

    private static string NameOf(X509Certificate2 certificate)
    {
        var names = CertificateNames.Of(certificate);
        return names.Uris.FirstOrDefault() ?? names.Dns.FirstOrDefault() ?? CertificateNames.Print(certificate.SubjectName);
    }
}
