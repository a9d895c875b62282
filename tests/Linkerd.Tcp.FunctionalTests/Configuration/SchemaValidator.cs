using System.Text.Json.Nodes;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.TestUtilities;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Debian's validator of JSON Schema, with the schema of configuration files.</summary>
internal static class SchemaValidator
{
    private const string Package = "/usr/lib/python3/dist-packages/jsonschema";

    private const string Program =
        """
        import json, sys, jsonschema
        schema = json.load(open(sys.argv[1]))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        for line in open(sys.argv[2], encoding="utf-8"):
            leaves = []
            def collect(errors):
                for error in errors:
                    leaves.append("/".join(str(key) for key in error.absolute_path) + ": " + error.message[:200].replace("\n", " "))
            collect(validator.iter_errors(json.loads(line)))
            print("; ".join(leaves) or "valid")
        """;

    /// <summary>Validates documents.</summary>
    /// <returns>For each document <c>valid</c>, or its errors, each behind its path.</returns>
    public static async Task<IReadOnlyList<string>> RunAsync(IEnumerable<JsonNode> documents)
    {
        Assert.SkipUnless(Directory.Exists(Package), "python3-jsonschema is not installed");
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("schema.json"), ConfigurationSchema.Print(KnownKinds.Table));
        File.WriteAllLines(folder.File("documents"), documents.Select(static document => document.ToJsonString()));
        await using var python = await ChildProcess.RunAsync("/usr/bin/python3", ["-c", Program, folder.File("schema.json"), folder.File("documents")], TestContext.Current.CancellationToken);
        Assert.Equal("", string.Join('\n', python.Error.Lines));
        return python.Output.Lines;
    }

    /// <summary>Reads YAML as an editor does, by the rules of YAML 1.2.</summary>
    public static JsonNode FromYaml(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return Convert(stream.Documents[0].RootNode)!;
    }

    private static JsonNode? Convert(YamlNode node) => node switch
    {
        YamlMappingNode mapping => new JsonObject(mapping.Select(static entry => KeyValuePair.Create(((YamlScalarNode)entry.Key).Value!, Convert(entry.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Select(Convert)]),
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "" or "~" or "null" } => null,
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" or [>= '0' and <= '9', ..] } plain when IsLiteral(plain.Value!) => JsonNode.Parse(plain.Value!),
        _ => JsonValue.Create(((YamlScalarNode)node).Value),
    };

    private static bool IsLiteral(string text) => char.IsAsciiLetter(text[0]) || double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out _);
}
