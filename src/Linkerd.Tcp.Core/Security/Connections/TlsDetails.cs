using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.OpenSsl;

namespace Linkerd.Tcp.Security;

/// <summary>Represents the result of a TLS handshake. Immutable.</summary>
public sealed class TlsDetails
{
    private TlsDetails(TlsVersion version, TlsCipherSuite suite, string? protocol, string? peerName) => (Version, CipherSuite, ApplicationProtocol, PeerName) = (version, suite, protocol, peerName);

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
        stream.IsServer && stream.RemoteCertificate is X509Certificate2 certificate ? NameOf(certificate) : null);

    /// <summary>Reads the result from a session whose handshake has just ended.</summary>
    internal static TlsDetails Of(OpenSslSession session)
    {
        using var certificate = session.Side.IsServer && session.ExportPeerCertificate() is { } der ? X509CertificateLoader.LoadCertificate(der) : null;
        return new(session.Version, session.CipherSuite, session.ApplicationProtocol, certificate is null ? null : NameOf(certificate));
    }

    private static string NameOf(X509Certificate2 certificate)
    {
        var names = CertificateNames.Of(certificate);
        return names.Uris.FirstOrDefault() ?? names.Dns.FirstOrDefault() ?? CertificateNames.Print(certificate.SubjectName);
    }
}
