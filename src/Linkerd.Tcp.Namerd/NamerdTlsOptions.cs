using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Namerd;

/// <summary>Represents the options of TLS between a resolver and namerd; for addresses of <c>https</c> and <c>meshs</c>. Copied with the resolver's options; the certificates are not, and stay the caller's.</summary>
public sealed class NamerdTlsOptions
{
    /// <summary>The certificates of the authorities that may have issued namerd's. Null: those that the system trusts. Default: null.</summary>
    public X509Certificate2Collection? TrustedRoots { get; set; }

    /// <summary>The certificate, with its private key, that namerd is shown where it asks for one. Default: none.</summary>
    public X509Certificate2? ClientCertificate { get; set; }

    /// <summary>Further certificates that are sent with <see cref="ClientCertificate"/>, so that namerd finds its way to a root. Default: none.</summary>
    public X509Certificate2Collection? ClientIntermediates { get; set; }

    /// <summary>The name that namerd's certificate must be for, and that is sent as SNI. Null: the host of the address. Default: null.</summary>
    public string? ServerName { get; set; }

    /// <summary>Gets a copy, with lists of its own of the same certificates.</summary>
    internal NamerdTlsOptions Copy()
    {
        var copy = (NamerdTlsOptions)MemberwiseClone();
        copy.TrustedRoots = TrustedRoots is null ? null : [.. TrustedRoots];
        copy.ClientIntermediates = ClientIntermediates is null ? null : [.. ClientIntermediates];
        return copy;
    }

    internal void Validate(OptionsValidator validator)
    {
        validator.Expect(ClientCertificate is null or { HasPrivateKey: true }, ClientCertificate, "a certificate with its private key");
        validator.Expect(ServerName is null or { Length: > 0 }, ServerName, "a name, or null for the host of the address,");
    }
}
