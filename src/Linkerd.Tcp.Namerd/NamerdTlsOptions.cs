using System.Security.Cryptography.X509Certificates;

namespace Linkerd.Tcp.Namerd;

/// <summary>How a resolver proves itself to namerd, and namerd to it. Immutable; for addresses of <c>https</c> and <c>meshs</c>.</summary>
public sealed record NamerdTlsOptions
{
    /// <summary>The certificates of the authorities that may have issued namerd's. Null: those that the system trusts. Default: null.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>The certificate, with its private key, that namerd is shown where it asks for one. Default: none.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>Further certificates that are sent with <see cref="ClientCertificate"/>, so that namerd finds its way to a root. Default: none.</summary>
    public X509Certificate2Collection? ClientIntermediates { get; init; }

    /// <summary>The name that namerd's certificate must be for, and that is sent as SNI. Null: the host of the address. Default: null.</summary>
    public string? ServerName { get; init; }
}
