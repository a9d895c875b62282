using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;

namespace Linkerd.Tcp.Hosting.Namerd;

/// <summary>Makes the options of TLS to namerd of a configuration, and checks them with their files.</summary>
internal static class NamerdTlsFiles
{
    // The keys of the options.
    public const string TrustCerts = "tls.trustCerts";
    public const string Cert = "tls.cert";
    public const string PrivateKey = "tls.privateKey";
    public const string DnsName = "tls.dnsName";

    /// <summary>Makes the options.</summary>
    /// <exception cref="InvalidOptionsException">The options do not fit together, or a file cannot be used.</exception>
    public static ServerTlsOptions Load(NamerdConfiguration configuration)
    {
        var validator = new OptionsValidator();
        Load(configuration, (key, message) => validator.Add(message.TrimStart(), key), static key => key);
        validator.ThrowIfInvalid(nameof(configuration));
        return OptionsOf(configuration);
    }

    /// <summary>Checks the options and their files.</summary>
    /// <param name="configuration">The paths.</param>
    /// <param name="fail">Called with the key of each option that is wrong and, as the rest of a sentence that begins with its name, the error.</param>
    /// <param name="nameOf">The name of an option for messages, by its key.</param>
    public static void Load(NamerdConfiguration configuration, Action<string, string> fail, Func<string, string> nameOf)
    {
        (string Key, string? Value)[] said = [(TrustCerts, configuration.TrustCerts), (Cert, configuration.Cert), (PrivateKey, configuration.PrivateKey), (DnsName, configuration.DnsName)];
        if (!configuration.BaseAddresses.Any(NamerdText.IsTls))
        {
            if (Array.Find(said, static option => option.Value is not null) is { Value: not null } useless)
            {
                fail(useless.Key, $" means nothing without TLS; expected an address of https or meshs, such as {nameOf("baseUrl")} https://namerd:4180");
            }

            return;
        }

        if (configuration is { PrivateKey: not null, Cert: null })
        {
            fail(PrivateKey, $" is given without {nameOf(Cert)}; expected the certificate that it belongs to");
            return;
        }

        try
        {
            new ServerTlsAuthenticator(OptionsOf(configuration)).Dispose();
        }
        catch (InvalidOptionsException invalid)
        {
            foreach (var error in invalid.Errors)
            {
                var key = KeyOf(error.Path, configuration);
                var value = Array.Find(said, option => option.Key == key).Value;

                // The message of a file begins with its path.
                fail(key, $" '{value}': {(error.Message.StartsWith(value + ": ", StringComparison.Ordinal) ? error.Message[(value!.Length + 2)..] : error.Message)}");
            }
        }
    }

    private static ServerTlsOptions OptionsOf(NamerdConfiguration configuration) => new()
    {
        RootFiles = configuration.TrustCerts is { } roots ? [roots] : [],
        Certificate = configuration.Cert is { } certificate ? new CertificateFiles { CertificateFile = certificate, KeyFile = configuration.PrivateKey } : null,
        ServerName = configuration.DnsName,
    };

    private static string KeyOf(string path, NamerdConfiguration configuration) => path switch
    {
        nameof(ServerTlsOptions.ServerName) => DnsName,
        _ when path.EndsWith(nameof(CertificateFiles.KeyFile), StringComparison.Ordinal) && configuration.PrivateKey is not null => PrivateKey,
        _ when path.EndsWith(nameof(CertificateFiles.KeyFile), StringComparison.Ordinal) || path.EndsWith(nameof(CertificateFiles.CertificateFile), StringComparison.Ordinal) => Cert,
        _ => TrustCerts,
    };
}
