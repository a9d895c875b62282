using System.Globalization;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;

namespace Linkerd.Tcp.Hosting.Mapping;

/// <summary>
/// Collects the errors of the files of certificates, keys and roots in a configuration, by its keys. Core loads those of listeners when they start; those of destinations also when a client names one, which
/// is late for an error, so they are loaded here too.
/// </summary>
internal sealed class CertificateCheck
{
    private static readonly StaticResolver NoEndpoints = new();

    private readonly Dictionary<ServerConfiguration, string> _servers = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<DstPath, (string Path, ServerTlsOptions Tls)> _clients = [];
    private readonly HashSet<(string Key, string Message)> _errors = [];

    public CertificateCheck(ProxyConfiguration configuration)
    {
        for (var i = 0; i < configuration.Routers.Count; i++)
        {
            var router = configuration.Routers[i];
            for (var j = 0; j < router.Servers.Count; j++)
            {
                _servers.TryAdd(router.Servers[j], string.Create(CultureInfo.InvariantCulture, $"routers[{i}].servers[{j}]."));
            }

            var path = string.Create(CultureInfo.InvariantCulture, $"routers[{i}].client.");
            Add(path, router.Client.Global);
            for (var j = 0; j < router.Client.Configs.Count; j++)
            {
                Add(string.Create(CultureInfo.InvariantCulture, $"{path}configs[{j}]."), router.Client.For(router.Client.Configs[j].Prefix));
            }
        }

        HasFiles = _servers.Keys.Any(static server => server.Tls is not null) || _clients.Values.Any(static client => client.Tls is { Certificate: not null } or { RootFiles.Count: > 0 });
    }

    /// <summary>Gets a value that indicates whether there are such files.</summary>
    public bool HasFiles { get; }

    /// <summary>Adds an error for each file of a destination that cannot be used.</summary>
    public async Task ValidateAsync(OptionsValidator validator)
    {
        var registry = new DestinationRegistry(name => new DestinationOptions { Resolver = NoEndpoints, Tls = _clients[name].Tls });
        await using (registry.ConfigureAwait(false))
        {
            foreach (var (name, client) in _clients)
            {
                try
                {
                    _ = registry.Get(name);
                }
                catch (InvalidOptionsException invalid)
                {
                    Add(invalid, error => (client.Path, ClientKey(error)), validator);
                }
            }
        }
    }

    /// <summary>Adds the errors with which a proxy did not start.</summary>
    /// <param name="invalid">The errors.</param>
    /// <param name="servers">The servers of its listeners.</param>
    /// <param name="validator">Receives the errors.</param>
    public void Add(InvalidOptionsException invalid, IReadOnlyList<ServerConfiguration> servers, OptionsValidator validator) => Add(invalid, error => ServerKey(error, servers), validator);

    // A file that several servers or prefixes have for the same purpose is one error.
    private void Add(InvalidOptionsException invalid, Func<string, (string Path, string Key)> keyOf, OptionsValidator validator)
    {
        foreach (var error in invalid.Errors)
        {
            var (path, key) = keyOf(error.Path);
            if (_errors.Add((key, error.Message)))
            {
                validator.Add(error.Message, path + key);
            }
        }
    }

    private void Add(string path, ClientSettings settings)
    {
        if (CoreTlsOptions.Client(settings) is { } tls)
        {
            _clients.Add(DstPath.Parse(string.Create(CultureInfo.InvariantCulture, $"/{_clients.Count}")), (path, tls));
        }
    }

    // Such as Tls.Identities[0].KeyFile.
    private static string ClientKey(string path) => path[(path.LastIndexOf('.') + 1)..] switch
    {
        nameof(CertificateFiles.CertificateFile) => "tls.cert",
        nameof(CertificateFiles.KeyFile) => "tls.privateKey",
        nameof(CertificateFiles.PassphraseFile) => "tls.passphraseFile",
        nameof(ServerTlsOptions.RootFiles) => "tls.trustCerts",
        _ => path,
    };

    // Such as Listeners[0].Tls.Identities[1].KeyFile.
    private (string Path, string Key) ServerKey(string path, IReadOnlyList<ServerConfiguration> servers)
    {
        var key = path[(path.LastIndexOf('.') + 1)..] switch
        {
            nameof(CertificateFiles.CertificateFile) => "certs",
            nameof(CertificateFiles.KeyFile) => "privateKey",
            nameof(CertificateFiles.PassphraseFile) => "passphraseFile",
            nameof(ServerTlsOptions.RootFiles) => "trustCerts",
            _ => null,
        };
        if (key is null || IndexIn(path, "Listeners[") is not { } listener || servers[listener].Tls is not { } tls)
        {
            return (string.Empty, path);
        }

        return (_servers[servers[listener]], IndexIn(path, "Identities[") switch
        {
            null => $"tls.{key}",
            0 => $"tls.defaultIdentity.{key}",
            { } identity => $"tls.identities.{tls.Identities.Keys.ElementAt(identity - 1)}.{key}",
        });
    }

    private static int? IndexIn(string path, string list)
    {
        var start = path.IndexOf(list, StringComparison.Ordinal);
        return start < 0 ? null : int.Parse(path.AsSpan(start + list.Length, path.IndexOf(']', start) - start - list.Length), NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
