using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd;

/// <summary>Represents the options of TLS between a resolver and namerd, for one thread at a time; for addresses of <c>https</c> and <c>meshs</c>. Copied with the resolver's options;
/// the certificates are not copied, and still belong to the caller.</summary>
public sealed class NamerdTlsOptions
{
    /// <summary>Gets or sets the certificates of the authorities that may have issued namerd's; null, the default, for those that the system trusts.</summary>
    public X509Certificate2Collection? TrustedRoots { get; set; }

    /// <summary>Gets or sets the certificate, with its private key, that is sent if namerd requests one. Default: null, none.</summary>
    public X509Certificate2? ClientCertificate { get; set; }

    /// <summary>Gets or sets further certificates that are sent with <see cref="ClientCertificate"/>, so that namerd can build a chain to a root. Default: null, none.</summary>
    public X509Certificate2Collection? ClientIntermediates { get; set; }

    /// <summary>Gets or sets the name that namerd's certificate must be for, and that is sent as SNI; null, the default, for the host of the address.</summary>
    public string? ServerName { get; set; }

    internal void Validate(OptionsValidator validator) => TlsOptions.Validate(this, validator);
}
