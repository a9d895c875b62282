using System.Globalization;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Hosting.Tests;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Generates configurations from a seed. Each value depends on the seed and its path alone, so that one can be left out without a change of the others.</summary>
/// <param name="seed">The seed.</param>
/// <param name="isExcluded">Returns true for the path of an option that keeps its default.</param>
internal sealed class GeneratedConfiguration(int seed, Func<string, bool>? isExcluded = null)
{
    private static readonly ConfigurationTable Table = KnownKinds.Table;

    private int _count;

    /// <summary>Makes a configuration, each of whose values is valid by itself.</summary>
    public ProxyConfiguration Make()
    {
        var root = new ProxyConfiguration();
        Fill(Table.Root, root, string.Empty);
        return root;
    }

    /// <summary>Makes a configuration that is valid as a whole: values that do not fit to others are left out.</summary>
    public static ProxyConfiguration MakeValid(int seed)
    {
        var excluded = new HashSet<string>();
        while (true)
        {
            var configuration = new GeneratedConfiguration(seed, path => excluded.Any(one => path == one || path.StartsWith(one + ".", StringComparison.Ordinal))).Make();
            try
            {
                ConfigurationCheck.Validate(configuration, Table);
                return configuration;
            }
            catch (InvalidOptionsException invalid)
            {
                Assert.All(invalid.Errors, error => Assert.True(excluded.Add(error.Path) || invalid.Errors.Count(other => other.Path == error.Path) > 1, $"{seed}: {error.Path}: {error.Message}"));
            }
        }
    }

    /// <summary>Lists all values of a model, by the shape of files.</summary>
    public static IEnumerable<string> Describe(ConfigurationPart shape, object part, string path = "")
    {
        yield return $"{path}kind: {shape.Kind}";
        foreach (var option in shape.Options)
        {
            yield return $"{path}{option.Key}: {(option.PrintItems(shape.SettingsOf(part)) is { } items ? $"[{string.Join(", ", items)}]" : option.Print(shape.SettingsOf(part)) ?? "nothing")}";
        }

        foreach (var child in shape.Children)
        {
            var index = 0;
            foreach (var entry in child.Get(part))
            {
                foreach (var line in Describe(entry.Shape, entry.Part, Path(path, child, index++, entry.Name)))
                {
                    yield return line;
                }
            }
        }
    }

    private static string Path(string path, ConfigurationChild child, int index, string name) => path + child.Key + child.Form switch
    {
        ConfigurationForm.List => string.Create(CultureInfo.InvariantCulture, $"[{index}]."),
        ConfigurationForm.Map => $".{name}.",
        _ => ".",
    };

    private void Fill(ConfigurationPart shape, object part, string path)
    {
        var random = RandomOf(path);
        var settings = shape.SettingsOf(part);
        object source;
        do
        {
            source = new ModelGenerator(Table, random.Next()).Make(settings.GetType());
        }
        while (shape.Options.Any(option => option.IsRequired && option.Print(source) is null));

        foreach (var option in shape.Options.Where(option => option.IsRequired || (isExcluded?.Invoke(path + option.Key) != true && RandomOf(path + option.Key).Next(3) > 0)))
        {
            option.CopyTo(source, settings);
        }

        // What may be there once.
        _count++;
        switch (part)
        {
            case RouterConfiguration router:
                router.Label += string.Create(CultureInfo.InvariantCulture, $" {_count}");
                break;

            case ServerConfiguration server:
                server.Port = _count;
                break;

            case SniRouteConfiguration route:
                route.Pattern = string.Create(CultureInfo.InvariantCulture, $"*.{_count}.example.com{(_count % 2 == 0 ? ",alpn=h2" : "")}");
                break;
        }

        foreach (var child in shape.Children)
        {
            var count = child.Form == ConfigurationForm.One ? random.Next(child.IsRequired ? 1 : 0, 2) : random.Next(child.IsRequired ? 1 : 0, 4);
            for (var i = 0; i < count; i++)
            {
                var name = child.Form == ConfigurationForm.Map ? ModelGenerator.Names[random.Next(ModelGenerator.Names.Length)] : string.Empty;
                var kind = child.Parts[random.Next(child.Parts.Count)];
                Fill(kind, child.Add(part, kind, name), Path(path, child, i, name));
            }
        }

        // Off loopback it must have TLS.
        if (part is AdminConfiguration { Tls: null, Socket: null } admin)
        {
            admin.Ip = System.Net.IPAddress.Loopback;
        }

        if (part is ServerConfiguration { DstName: null, SniRoutes.Count: 0 } needy)
        {
            needy.DstName = NameTree.Parse("/svc/web");
        }
    }

    // Not the hash of a text, which each process has anew.
    private Random RandomOf(string path) => new(path.Aggregate(seed, static (hash, c) => unchecked((hash * 31) + c)));
}
