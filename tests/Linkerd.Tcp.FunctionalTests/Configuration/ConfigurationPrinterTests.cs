using System.Text;
using System.Text.Json;
using Linkerd.Tcp.Cli.Configuration;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;
using YamlDotNet.RepresentationModel;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>What is printed of a configuration: it reads back to the same model, it is complete, and it has no secrets.</summary>
[Trait("Category", "AnyTransport")]
public sealed class ConfigurationPrinterTests
{
    private static readonly ConfigurationTable Table = KnownKinds.Table;

    [Fact]
    public void Print_GeneratedModels_ReadBackTheSame()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var model = new GeneratedConfiguration(seed).Make();
            var expected = GeneratedConfiguration.Describe(Table.Root, model).ToList();
            foreach (var options in (ConfigurationPrinterOptions[])[new() { ShowSecrets = true }, new() { ShowSecrets = true, Origins = new Dictionary<string, string>(), OtherOrigin = "a\nb: c" }])
            {
                Assert.Equal(expected, GeneratedConfiguration.Describe(Table.Root, Read(ConfigurationPrinter.Print(model, Table, options))));
                Assert.Equal(expected, GeneratedConfiguration.Describe(Table.Root, Read(ConfigurationPrinter.PrintJson(model, Table, options))));
            }

            using var json = JsonDocument.Parse(ConfigurationPrinter.PrintJson(model, Table));
            Assert.Equal(JsonValueKind.Object, json.RootElement.ValueKind);
        }
    }

    [Fact]
    public void Print_GeneratedValidConfigurations_AreReadBackTheSame()
    {
        var count = 0;
        for (var seed = 0; seed < 100; seed++)
        {
            var model = GeneratedConfiguration.MakeValid(seed);
            var expected = GeneratedConfiguration.Describe(Table.Root, model).ToList();
            count += expected.Count;
            foreach (var text in (string[])[ConfigurationPrinter.Print(model, Table, new() { ShowSecrets = true }), ConfigurationPrinter.PrintJson(model, Table, new() { ShowSecrets = true })])
            {
                var reading = ConfigurationFile.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), "file", Table, static _ => null);
                Assert.Equal("", string.Join('\n', reading.Errors.Concat(reading.Warnings)));
                Assert.Equal(expected, GeneratedConfiguration.Describe(Table.Root, reading.Configuration!));
            }
        }

        Assert.True(count > 10_000, "the configurations are too small to show much");
    }

    [Fact]
    public void Print_GeneratedModels_HaveEveryOptionAndChild()
    {
        var missing = Shapes(Table.Root).SelectMany(static shape => shape.Options.Cast<object>().Concat(shape.Children)).ToHashSet();
        for (var seed = 0; missing.Count > 0 && seed < 100; seed++)
        {
            Remove(Table.Root, new GeneratedConfiguration(seed).Make(), missing);
        }

        Assert.Empty(missing.Select(static one => one is ConfigurationOption option ? option.Key : ((ConfigurationChild)one).Key));
    }

    [Fact]
    public void Print_SecretsNotAskedFor_AreStarsThatDoNotReadBack()
    {
        var client = new ClientConfiguration { Global = { CheckInterval = TimeSpan.FromSeconds(1), CheckSend = "AUTH swordfish"u8.ToArray() }, Configs = [new() { CheckSend = "AUTH swordfish"u8.ToArray() }] };
        var model = new ProxyConfiguration { Routers = [new() { Servers = [new() { Port = 80 }], Client = client }] };
        var text = ConfigurationPrinter.Print(model, Table);
        Assert.DoesNotContain("swordfish", text + ConfigurationPrinter.PrintJson(model, Table) + ConfigurationPrinter.Print(model, Table, new() { Origins = new Dictionary<string, string>() }), StringComparison.Ordinal);
        Assert.Contains("send: \"***\"", text, StringComparison.Ordinal);
        Assert.Contains("expected the secret that *** stands for", Assert.Throws<InvalidValueException>(() => Read(text)).Message, StringComparison.Ordinal);
        Assert.Contains("AUTH swordfish", ConfigurationPrinter.Print(model, Table, new() { ShowSecrets = true }), StringComparison.Ordinal);
    }

    [Fact]
    public void Print_Origins_AreBehindTheirValues()
    {
        var model = new ProxyConfiguration { Loops = 2, Routers = [new() { Servers = [new() { Port = 80 }], Client = new() { Configs = [new() { Retries = 1 }] } }] };
        var text = ConfigurationPrinter.Print(model, Table, new()
        {
            Origins = new Dictionary<string, string> { ["routers[0].servers[0].port"] = "a.yml:7", ["routers[0].client.configs[0].retries"] = "environment N", ["routers[0].client.kind"] = "a.yml:9" },
            OtherOrigin = "elsewhere",
        });
        Assert.Matches("(?m)^      - port: 80 +# a.yml:7$", text);
        Assert.Matches("(?m)^          retries: 1 +# environment N$", text);
        Assert.Matches("(?m)^      kind: io.l5d.static +# a.yml:9$", text);
        Assert.Matches("(?m)^loops: 2 +# elsewhere$", text);
        Assert.Matches("(?m)^graceSecs: 10 +# default$", text);

        // What all names have is a default; a prefix without a value overrides nothing.
        Assert.Matches("(?m)^      # maxWaiters: 1000$", text);
        Assert.DoesNotContain("          # maxWaiters", text, StringComparison.Ordinal);
    }

    private static IEnumerable<ConfigurationPart> Shapes(ConfigurationPart shape) => shape.Children.SelectMany(static child => child.Parts).SelectMany(Shapes).Prepend(shape);

    private static void Remove(ConfigurationPart shape, object part, HashSet<object> missing)
    {
        var settings = shape.SettingsOf(part);
        missing.ExceptWith(shape.Options.Where(option => option.Print(settings) is not null));
        foreach (var child in shape.Children)
        {
            foreach (var entry in child.Get(part))
            {
                missing.Remove(child);
                Remove(entry.Shape, entry.Part, missing);
            }
        }
    }

    // A reader by the shape, apart from that of the executable: any reader of YAML understands what is printed.
    private static ProxyConfiguration Read(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        var root = new ProxyConfiguration();
        Read(Table.Root, root, (YamlMappingNode)Assert.Single(stream.Documents).RootNode);
        return root;
    }

    private static void Read(ConfigurationPart shape, object part, YamlMappingNode mapping)
    {
        foreach (var option in shape.Options)
        {
            var node = option.Key!.Split('.').Aggregate((YamlNode?)mapping, static (node, key) => node is YamlMappingNode map ? Find(map, key) : null);
            switch (node)
            {
                case YamlSequenceNode list:
                    option.ParseItems(shape.SettingsOf(part), [.. list.Select(Text)]);
                    break;

                case YamlScalarNode scalar:
                    option.Parse(shape.SettingsOf(part), Text(scalar));
                    break;
            }
        }

        foreach (var child in shape.Children)
        {
            IEnumerable<(string Name, YamlNode Node)> nodes = Find(mapping, child.Key) switch
            {
                null => [],
                YamlSequenceNode list => list.Select(static item => ("", item)),
                YamlMappingNode map when child.Form == ConfigurationForm.Map => map.Select(static entry => (((YamlScalarNode)entry.Key).Value!, entry.Value)),
                var one => [("", one)],
            };
            foreach (var (name, node) in nodes)
            {
                var kind = Find((YamlMappingNode)node, "kind") is { } said ? Text(said) : child.DefaultKind;
                var one = child.Parts.Single(candidate => candidate.Kind == kind);
                Read(one, child.Add(part, one, name), (YamlMappingNode)node);
            }
        }
    }

    private static YamlNode? Find(YamlMappingNode mapping, string key) => mapping.Children.TryGetValue(new YamlScalarNode(key), out var node) ? node : null;

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value!.Replace("$${", "${", StringComparison.Ordinal);
}
