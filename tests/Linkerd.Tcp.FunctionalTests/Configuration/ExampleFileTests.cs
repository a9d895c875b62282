using Linkerd.Tcp.Cli.Configuration;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The original's example file, and the one of this project with every section: both are read, fit the schema, and are shown as the golden files.</summary>
[Trait("Category", "AnyTransport")]
public sealed class ExampleFileTests
{
    [Theory]
    [InlineData("original.yml", "config-show-original.yml")]
    [InlineData("linkerd-tcp.yml", "config-show-example.yml")]
    public void Show_File_IsTheGoldenOneAndReadsBack(string file, string golden)
    {
        var reading = Read(File.ReadAllText(Golden(file)), file);
        var shown = ConfigurationShowRunner.Print(reading.Configuration!, reading.Origins(), null, isJson: false, showSecrets: false);
        Assert.Equal(File.ReadAllText(Golden(golden)), shown);
        var all = ConfigurationShowRunner.Print(reading.Configuration!, reading.Origins(), null, isJson: false, showSecrets: true);
        Assert.Equal(GeneratedConfiguration.Describe(KnownKinds.Table.Root, reading.Configuration!), GeneratedConfiguration.Describe(KnownKinds.Table.Root, Read(all, "shown.yml").Configuration!));
    }

    [Fact]
    public async Task Example_File_FitsTheSchema() => Assert.Equal(["valid"], await SchemaValidator.RunAsync([SchemaValidator.FromYaml(File.ReadAllText(Golden("linkerd-tcp.yml")))]));

    [Fact]
    public void Example_File_HasEverySection()
    {
        var missing = new HashSet<ConfigurationChild>();
        Find(KnownKinds.Table.Root, Read(File.ReadAllText(Golden("linkerd-tcp.yml")), "linkerd-tcp.yml").Configuration!, missing, isFound: false);
        Find(KnownKinds.Table.Root, Read(File.ReadAllText(Golden("linkerd-tcp.yml")), "linkerd-tcp.yml").Configuration!, missing, isFound: true);
        Assert.Empty(missing.Select(static child => child.Key));
    }

    private static void Find(ConfigurationPart shape, object part, HashSet<ConfigurationChild> missing, bool isFound)
    {
        foreach (var child in shape.Children)
        {
            _ = isFound ? child.Get(part).Any() && missing.Remove(child) : missing.Add(child);
            foreach (var entry in child.Get(part))
            {
                Find(entry.Shape, entry.Part, missing, isFound);
            }
        }
    }

    private static ConfigurationReading Read(string text, string file)
    {
        var reading = ConfigurationFile.Read(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)), file, KnownKinds.Table, static name => name == "DISCO" ? "/etc" : null);
        Assert.Empty(reading.Errors);
        return reading;
    }

    private static string Golden(string file) => Path.Combine(AppContext.BaseDirectory, "Golden", file);
}
