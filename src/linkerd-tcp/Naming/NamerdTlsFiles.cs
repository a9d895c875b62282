using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Cli.Naming;

/// <summary>Reads the options of TLS to namerd from their files.</summary>
internal static class NamerdTlsFiles
{
    // The keys of the options.
    public const string TrustCerts = "tls.trustCerts";
    public const string Cert = "tls.cert";
    public const string PrivateKey = "tls.privateKey";
    public const string DnsName = "tls.dnsName";

    /// <summary>Reads the files.</summary>
    /// <exception cref="InvalidOptionsException">The options do not fit together, or a file cannot be read.</exception>
    public static NamerdTlsOptions Load(NamerdConfiguration configuration)
    {
        var validator = new OptionsValidator();
        var options = Load(configuration, (key, message) => validator.Add(message.TrimStart(), key), static key => key);
        validator.ThrowIfInvalid(nameof(configuration));
        return options;
    }

    /// <summary>Reads the files.</summary>
    /// <param name="configuration">The paths.</param>
    /// <param name="fail">Called with the key of each option that is wrong and, as the rest of a sentence that begins with its name, the error; then the return value has no meaning.</param>
    /// <param name="nameOf">The name of an option for messages, by its key.</param>
    public static NamerdTlsOptions Load(NamerdConfiguration configuration, Action<string, string> fail, Func<string, string> nameOf)
    {
        (string Key, string? Value)[] said = [(TrustCerts, configuration.TrustCerts), (Cert, configuration.Cert), (PrivateKey, configuration.PrivateKey), (DnsName, configuration.DnsName)];
        if (!configuration.BaseAddresses.Any(NamerdText.IsTls) && Array.Find(said, static option => option.Value is not null) is { Value: not null } useless)
        {
            fail(useless.Key, $" means nothing without TLS; expected an address of https or meshs, such as {nameOf("baseUrl")} https://namerd:4180");
            return new NamerdTlsOptions();
        }

        if (configuration is { PrivateKey: not null, Cert: null })
        {
            fail(PrivateKey, $" is given without {nameOf(Cert)}; expected the certificate that it belongs to");
            return new NamerdTlsOptions();
        }

        var roots = Load(TrustCerts, configuration.TrustCerts, ReadCertificates, fail);
        var chain = Load(Cert, configuration.Cert, ReadCertificates, fail);
        return new NamerdTlsOptions
        {
            TrustedRoots = roots,
            ClientCertificate = chain is null ? null
                : Load(configuration.PrivateKey is null ? Cert : PrivateKey, configuration.PrivateKey ?? configuration.Cert, file => ReadWithKey(configuration.Cert!, file, nameOf(PrivateKey)), fail),
            ClientIntermediates = chain is { Count: > 1 } ? [.. chain.Skip(1)] : null,
            ServerName = configuration.DnsName,
        };
    }

    private static T? Load<T>(string key, string? file, Func<string, T> read, Action<string, string> fail)
        where T : class
    {
        try
        {
            return file is null ? null : read(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or CryptographicException or InvalidValueException)
        {
            fail(key, $" '{file}': {error.Message.TrimEnd('.')}");
            return null;
        }
    }

    private static X509Certificate2Collection ReadCertificates(string file)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(File.ReadAllText(file));
        return certificates.Count > 0 ? certificates : throw new InvalidValueException("there is no certificate in it; expected PEM ('-----BEGIN CERTIFICATE-----')");
    }

    private static X509Certificate2 ReadWithKey(string file, string keyFile, string nameOfKey)
    {
        var key = File.ReadAllText(keyFile);
        if (!key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw new InvalidValueException("there is no private key in it; expected PEM ('-----BEGIN PRIVATE KEY-----')" + (keyFile == file ? $", or {nameOfKey} too" : string.Empty));
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
