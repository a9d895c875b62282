using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Namerd;

namespace Linkerd.Tcp.Cli;

/// <summary>Reads what is needed for TLS to namerd, files included.</summary>
internal static class NamerdTlsReader
{
    private static readonly ValueOption<string?>[] Options =
        [CliOptions.NamerdCa, CliOptions.NamerdCert, CliOptions.NamerdKey, CliOptions.NamerdServerName];

    /// <summary>Reads the options and their files.</summary>
    public static NamerdTlsOptions Read(ParseResult result, IReadOnlyList<Uri>? addresses, List<string> errors)
    {
        var ca = CliOptions.NamerdCa.Read(result, errors);
        var certificate = CliOptions.NamerdCert.Read(result, errors);
        var key = CliOptions.NamerdKey.Read(result, errors);
        var serverName = CliOptions.NamerdServerName.Read(result, errors);
        if (addresses is not null && !addresses.Any(NamerdText.IsTls) && Array.Find(Options, option => option.IsGiven(result)) is { } useless)
        {
            errors.Add($"{useless.LongName} means nothing without TLS; expected an address of https or meshs, such as --namerd-addr https://namerd:4180");
            return new NamerdTlsOptions();
        }

        if (key is not null && certificate is null)
        {
            errors.Add("--namerd-key is given without --namerd-cert; expected the certificate that it belongs to");
            return new NamerdTlsOptions();
        }

        var roots = ca is null ? null : Load(CliOptions.NamerdCa, ca, errors, () => ReadCertificates(ca));
        var chain = certificate is null ? null : Load(CliOptions.NamerdCert, certificate, errors, () => ReadCertificates(certificate));
        return new NamerdTlsOptions
        {
            TrustedRoots = roots,
            ClientCertificate = chain is null ? null
                : Load(key is null ? CliOptions.NamerdCert : CliOptions.NamerdKey, key ?? certificate!, errors, () => ReadWithKey(certificate!, key)),
            ClientIntermediates = chain is { Count: > 1 } ? [.. chain.Skip(1)] : null,
            ServerName = serverName,
        };
    }

    private static T? Load<T>(CliOption option, string file, List<string> errors, Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or CryptographicException or InvalidValueException)
        {
            errors.Add($"{option.LongName} '{file}': {error.Message.TrimEnd('.')}");
            return null;
        }
    }

    private static X509Certificate2Collection ReadCertificates(string file)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(File.ReadAllText(file));
        return certificates.Count > 0 ? certificates : throw new InvalidValueException("there is no certificate in it; expected PEM ('-----BEGIN CERTIFICATE-----')");
    }

    private static X509Certificate2 ReadWithKey(string file, string? keyFile)
    {
        var key = File.ReadAllText(keyFile ?? file);
        if (!key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw new InvalidValueException("there is no private key in it; expected PEM ('-----BEGIN PRIVATE KEY-----')" + (keyFile is null ? ", or --namerd-key too" : string.Empty));
        }

        if (key.Contains("ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw new InvalidValueException("the private key is encrypted; expected one without a password");
        }

        var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(file), key);

        // Windows cannot use a key for TLS that is only in memory.
        return OperatingSystem.IsWindows() ? X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null) : certificate;
    }
}
