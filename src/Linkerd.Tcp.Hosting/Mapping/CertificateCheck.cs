using System.Globalization;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;

namespace Linkerd.Tcp.Hosting.Mapping;

/// <summary>
/// Collects the errors of the files of certificates, keys and roots in a configuration, by its keys and all at once, before anything is opened. Core loads the files of a listener when it starts, and
/// those of a destination when a session needs it.
/// </summary>
internal sealed class CertificateCheck
{
    private const int TicketKeyLength = 80;

    private readonly List<(string Path, Part Part, ServerTlsOptions Files)> _parts = [];

    // Their content is the provider's to read, when a listener starts, or a session needs a destination.
    private readonly List<(string Path, string File, bool HasTicketKeys)> _files = [];

    public CertificateCheck(ProxyConfiguration configuration)
    {
        if (configuration.Admin?.Tls is { } admin)
        {
            Add("admin.tls.", Part.Identity, new ServerTlsOptions { Certificate = admin.ToFiles() });
        }

        for (var i = 0; i < configuration.Routers.Count; i++)
        {
            var router = configuration.Routers[i];
            for (var j = 0; j < router.Servers.Count; j++)
            {
                if (router.Servers[j].Tls is { } tls)
                {
                    Add(string.Create(CultureInfo.InvariantCulture, $"routers[{i}].servers[{j}].tls."), tls);
                }
            }

            var path = string.Create(CultureInfo.InvariantCulture, $"routers[{i}].client.");
            Add(path, router.Client.Global);
            for (var j = 0; j < router.Client.Configs.Count; j++)
            {
                Add(string.Create(CultureInfo.InvariantCulture, $"{path}configs[{j}]."), router.Client.For(router.Client.Configs[j].Prefix));
            }
        }
    }

    private enum Part
    {
        Server,
        Identity,
        Client,
    }

    /// <summary>Gets a value that indicates whether there are such files.</summary>
    public bool HasFiles => _parts.Exists(static part => part.Files is { Certificate: not null } or { RootFiles.Count: > 0 });

    /// <summary>Gets a value that indicates whether clients or endpoints have TLS.</summary>
    public bool HasTls => _parts.Exists(static part => part.Part != Part.Identity);

    /// <summary>Loads all files.</summary>
    /// <exception cref="InvalidOptionsException">Files cannot be used. A file that several servers or prefixes have for the same purpose is one error.</exception>
    public void Validate()
    {
        var validator = new OptionsValidator();
        var errors = new HashSet<(Part, string, string)>();
        foreach (var (path, part, files) in _parts)
        {
            try
            {
                new ServerTlsAuthenticator(files).Dispose();
            }
            catch (InvalidOptionsException invalid)
            {
                foreach (var error in invalid.Errors.Where(error => errors.Add((part, error.Path, error.Message))))
                {
                    validator.Add(error.Message, path + KeyOf(error.Path, part));
                }
            }
        }

        foreach (var (path, file, hasTicketKeys) in _files)
        {
            if (FindProblem(file, hasTicketKeys) is { } problem && errors.Add((default, path[(path.LastIndexOf('.') + 1)..], problem)))
            {
                validator.Add(problem, path);
            }
        }

        validator.ThrowIfInvalid(null);
    }

    private static string? FindProblem(string path, bool hasTicketKeys)
    {
        var file = new FileInfo(path);
        return !file.Exists ? $"{path}: there is no such file"
            : hasTicketKeys && (file.Length == 0 || file.Length % TicketKeyLength != 0) ? FormattableString.Invariant($"{path}: one key of {TicketKeyLength} bytes or several were expected, not {file.Length} bytes")
            : null;
    }

    // Such as Certificate.KeyFile.
    private static string KeyOf(string path, Part part) => path[(path.LastIndexOf('.') + 1)..] switch
    {
        nameof(CertificateFiles.CertificateFile) or nameof(CertificateFiles.ChainFiles) => part == Part.Identity ? "certs" : "cert",
        nameof(CertificateFiles.KeyFile) => "privateKey",
        nameof(CertificateFiles.PassphraseFile) => "passphraseFile",
        nameof(ServerTlsOptions.RootFiles) => "trustCerts",
        var other => other,
    };

    private void Add(string path, ServerTlsConfiguration tls)
    {
        var options = CoreTlsOptions.Server(tls, default);
        var names = tls.Identities.Keys.Select(static name => $"identities.{name}").Prepend("defaultIdentity");
        foreach (var (name, files) in names.Zip(options.Certificates))
        {
            AddFiles($"{path}{name}.ocspFile", files.OcspFile);
            files.OcspFile = null;
            Add($"{path}{name}.", Part.Identity, new ServerTlsOptions { Certificate = files });
        }

        Add(path, Part.Server, new ServerTlsOptions { RootFiles = options.ClientRootFiles });
        AddFiles($"{path}crlFiles", [.. options.CrlFiles]);
        if (options.TicketKeyFile is { } keys)
        {
            _files.Add(($"{path}ticketKeyFile", keys, HasTicketKeys: true));
        }
    }

    private void Add(string path, ClientSettings client)
    {
        if (CoreTlsOptions.Client(client, default) is { } options)
        {
            Add($"{path}tls.", Part.Client, options);
            AddFiles($"{path}tls.crlFiles", [.. options.CrlFiles]);
        }
    }

    private void AddFiles(string path, params string?[] files) => _files.AddRange(files.OfType<string>().Select(file => (path, file, HasTicketKeys: false)));

    private void Add(string path, Part part, ServerTlsOptions files) => _parts.Add((path, part, new ServerTlsOptions { Certificate = files.Certificate, RootFiles = files.RootFiles }));
}
