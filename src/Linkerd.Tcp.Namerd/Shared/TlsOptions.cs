using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Namerd.Shared;

/// <summary>Copies options of TLS.</summary>
internal static class TlsOptions
{
    /// <summary>Gets a copy, with lists of its own of the same certificates.</summary>
    public static NamerdTlsOptions Copy(this NamerdTlsOptions options) => new()
    {
        TrustedRoots = options.TrustedRoots is null ? null : [.. options.TrustedRoots],
        ClientCertificate = options.ClientCertificate,
        ClientIntermediates = options.ClientIntermediates is null ? null : [.. options.ClientIntermediates],
        ServerName = options.ServerName,
    };

    public static void Validate(this NamerdTlsOptions options, OptionsValidator validator)
    {
        validator.Expect(options.ClientCertificate is null or { HasPrivateKey: true }, options.ClientCertificate, "a certificate with its private key", nameof(options.ClientCertificate));
        validator.Expect(options.ServerName is null or { Length: > 0 }, options.ServerName, "a name, or null for the host of the address,", nameof(options.ServerName));
    }
}
