namespace Linkerd.Tcp.Security;

/// <summary>Specifies the library that runs TLS.</summary>
public enum TlsProviderKind
{
    /// <summary>OpenSSL's libssl if it loads and the connection is on an event loop, as those of the epoll transport are; otherwise .NET's <see cref="System.Net.Security.SslStream"/>.</summary>
    Auto,

    /// <summary>OpenSSL's libssl. An error if it does not load, or if the transport is not the epoll transport.</summary>
    OpenSsl,

    /// <summary>.NET's <see cref="System.Net.Security.SslStream"/>. Options that need the OpenSSL provider are errors.</summary>
    DotNet,
}
