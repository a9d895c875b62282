using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Hosting.Mapping;

/// <summary>Collects the errors of TLS in a configuration: values out of an option's range, and values that do not fit together.</summary>
internal static class TlsValidator
{
    public static void Validate(ServerTlsConfiguration tls, ConfigurationTable table, OptionsValidator validator)
    {
        table.Validate(tls, validator);
        validator.Nested(tls.DefaultIdentity, table.Validate, "defaultIdentity");
        if (validator.NotNull(tls.Identities, "identities"))
        {
            foreach (var (name, identity) in tls.Identities)
            {
                validator.Nested(identity, table.Validate, $"identities.{name}");
            }
        }

        var hasRoots = validator.NotNull(tls.TrustCerts, "trustCerts") & validator.NotNull(tls.ClientNames, "clientNames") & validator.NotNull(tls.AlpnProtocols, "alpnProtocols")
            & validator.NotNull(tls.CrlFiles, "crlFiles") & validator.NotNull(tls.Groups, "groups") & validator.NotNull(tls.SignatureAlgorithms, "signatureAlgorithms") & validator.NotNull(tls.CipherSuites, "cipherSuites")
            && tls.TrustCerts.Count > 0;
        if (!hasRoots && tls.ClientAuth is not (null or Security.ClientCertificateMode.None))
        {
            validator.Add("trustCerts beside it was expected, as clients' certificates are verified with them.", "clientAuth");
        }

        if (!hasRoots && tls.ClientNames is { Count: > 0 })
        {
            validator.Add("trustCerts beside it was expected, as clients are not asked for a certificate without.", "clientNames");
        }

        if (!hasRoots && tls.CrlFiles is { Count: > 0 })
        {
            validator.Add("trustCerts beside it was expected, as clients are not asked for a certificate without.", "crlFiles");
        }
    }

    /// <summary>Adds an error for each setting of TLS to endpoints that means nothing. A value that was merged into settings may give it a meaning.</summary>
    public static void Together(ClientSettings said, ClientSettings merged, OptionsValidator validator)
    {
        Expect(string.IsNullOrEmpty(said.TlsPrivateKey) || !string.IsNullOrEmpty(merged.TlsCert), "tls.cert", "tls.privateKey");
        Expect(string.IsNullOrEmpty(said.TlsPassphraseFile) || !string.IsNullOrEmpty(merged.TlsCert), "tls.cert", "tls.passphraseFile");
        if (merged is { Tls: null } && !CoreTlsOptions.IsOn(merged))
        {
            Expect(said.TlsAlpnProtocols is null or { Count: 0 }, "tls.enabled", "tls.alpnProtocols");
            Expect(said.TlsPostgres is null or false, "tls.enabled", "tls.postgres");
            Expect(said.TlsMinVersion is null, "tls.enabled", "tls.minVersion");
            Expect(said.TlsTruncation is null, "tls.enabled", "tls.truncation");
            Expect(said.TlsCrlFiles is null or { Count: 0 }, "tls.enabled", "tls.crlFiles");
            Expect(said.TlsGroups is null or { Count: 0 }, "tls.enabled", "tls.groups");
            Expect(said.TlsSignatureAlgorithms is null or { Count: 0 }, "tls.enabled", "tls.signatureAlgorithms");
            Expect(said.TlsCipherSuites is null or { Count: 0 }, "tls.enabled", "tls.cipherSuites");
        }

        void Expect(bool holds, string other, string key)
        {
            if (!holds)
            {
                validator.Add($"{other} beside it was expected, as it means nothing without.", key);
            }
        }
    }
}
