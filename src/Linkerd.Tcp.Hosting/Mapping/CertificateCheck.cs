using System.Globalization;
using System.Text.Json;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;

namespace Linkerd.Tcp.Hosting.Mapping;

/// <summary>
/// Collects the errors of TLS that only its files and OpenSSL tell, by the keys of a configuration and all at once, before anything is opened: certificates, keys, roots, revocation lists, OCSP responses
/// and ticket keys, and algorithms that OpenSSL does not have. Core finds those of a listener when it starts, and those of a destination when a session needs it.
/// </summary>
internal sealed class CertificateCheck
{
    private readonly List<Part> _parts = [];

    public CertificateCheck(ProxyConfiguration configuration)
    {
        if (configuration.Admin?.Tls is { } admin)
        {
            // Its server runs SslStream.
            Add("admin.tls.", new ListenerTlsOptions { Provider = TlsProviderKind.DotNet, Certificates = [admin.ToFiles()] }, [string.Empty]);
        }

        for (var i = 0; i < configuration.Routers.Count; i++)
        {
            var router = configuration.Routers[i];
            for (var j = 0; j < router.Servers.Count; j++)
            {
                if (router.Servers[j].Tls is { } tls)
                {
                    var identities = tls.Identities.Keys.Select(static name => $"identities.{name}.").Prepend("defaultIdentity.");
                    Add(string.Create(CultureInfo.InvariantCulture, $"routers[{i}].servers[{j}].tls."), CoreTlsOptions.Server(tls, configuration.TlsProvider), [.. identities]);
                    HasTls = true;
                }
            }

            var path = string.Create(CultureInfo.InvariantCulture, $"routers[{i}].client.");
            Add(path, router.Client.Global, configuration.TlsProvider);
            for (var j = 0; j < router.Client.Configs.Count; j++)
            {
                Add(string.Create(CultureInfo.InvariantCulture, $"{path}configs[{j}]."), router.Client.For(router.Client.Configs[j].Prefix), configuration.TlsProvider);
            }
        }
    }

    /// <summary>Gets a value that indicates whether there are such files.</summary>
    public bool HasFiles { get; private set; }

    /// <summary>Gets a value that indicates whether clients or endpoints have TLS.</summary>
    public bool HasTls { get; private set; }

    /// <summary>Loads all files, and asks OpenSSL for the algorithms.</summary>
    /// <exception cref="InvalidOptionsException">There are errors. One that several servers or prefixes have for the same purpose is there once.</exception>
    public void Validate()
    {
        var validator = new OptionsValidator();
        var errors = new HashSet<(bool, string, string)>();
        foreach (var part in _parts)
        {
            foreach (var error in part.FindErrors())
            {
                var key = part.KeyOf(error.Path);
                if (errors.Add((part.IsClient, key[(key.LastIndexOf('.') + 1)..], error.Message)))
                {
                    validator.Add(error.Message, (part.Path + key).TrimEnd('.'));
                }
            }
        }

        validator.ThrowIfInvalid(null);
    }

    private void Add(string path, ListenerTlsOptions options, string[] identities)
    {
        HasFiles = true;
        _parts.Add(new(path, IsClient: false, identities, () => TlsCheck.FindErrors(options)));
    }

    private void Add(string path, ClientSettings client, TlsProviderKind provider)
    {
        if (CoreTlsOptions.Client(client, provider) is { } options)
        {
            HasTls = true;
            HasFiles |= options is { Certificate: not null } or { RootFiles.Count: > 0 } or { CrlFiles.Count: > 0 };
            _parts.Add(new($"{path}tls.", IsClient: true, [], () => TlsCheck.FindErrors(options)));
        }
    }

    /// <summary>One listener's or one destination's options of TLS.</summary>
    /// <param name="Path">The path of its keys, with a dot.</param>
    /// <param name="IsClient">True for a destination.</param>
    /// <param name="Identities">The paths of the keys of a listener's identities below it, each empty or with a dot.</param>
    /// <param name="FindErrors">Finds the errors, by the paths of Core's options.</param>
    private sealed record Part(string Path, bool IsClient, string[] Identities, Func<IReadOnlyList<OptionsError>> FindErrors)
    {
        /// <summary>Returns the key of an option of Core, such as <c>CrlFiles</c>, <c>Certificate.KeyFile</c> and <c>Certificates[1].OcspFile</c>.</summary>
        public string KeyOf(string option)
        {
            var identity = Identities.Where((_, i) => option.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{nameof(ListenerTlsOptions.Certificates)}[{i}]"), StringComparison.Ordinal)).FirstOrDefault(string.Empty);
            var name = option[(option.LastIndexOf('.') + 1)..];
            return identity + name switch
            {
                nameof(CertificateFiles.CertificateFile) or nameof(CertificateFiles.ChainFiles) => IsClient ? "cert" : "certs",
                nameof(CertificateFiles.KeyFile) => "privateKey",
                nameof(ListenerTlsOptions.ClientRootFiles) or nameof(ServerTlsOptions.RootFiles) => "trustCerts",
                _ => JsonNamingPolicy.CamelCase.ConvertName(name),
            };
        }
    }
}
