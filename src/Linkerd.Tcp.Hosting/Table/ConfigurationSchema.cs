using System.Globalization;
using System.Text.Json;
using Linkerd.Tcp.Hosting.Table;

namespace Linkerd.Tcp.Hosting;

/// <summary>Prints the JSON Schema (2020-12) of configuration files, for editors and other tools.</summary>
public static class ConfigurationSchema
{
    // A text with a variable can stand for any value.
    private const string Variable = "#/$defs/variable";

    /// <summary>Prints the schema.</summary>
    /// <param name="table">The table of options, with the kinds of interpreters.</param>
    public static string Print(ConfigurationTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return JsonText.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("$schema", "https://json-schema.org/draft/2020-12/schema");
            writer.WriteString("title", "Configuration file of linkerd-tcp");
            WritePart(writer, table.Root, new ProxyConfiguration());
            writer.WriteStartObject("$defs");
            writer.WriteStartObject("variable");
            writer.WriteString("type", "string");
            writer.WriteString("description", "${NAME} or ${NAME:-default}: the value of an environment variable");
            writer.WriteString("pattern", @"\$\{");
            writer.WriteEndObject();
            writer.WriteEndObject();
            writer.WriteEndObject();
        });
    }

    // The keywords of a mapping, within the object of the writer.
    private static void WritePart(Utf8JsonWriter writer, ConfigurationPart part, object fresh)
    {
        var settings = part.SettingsOf(fresh);
        var keys = Nest(part.Options);
        WriteMapping(writer, part.Help, keys, part.Children.Where(static child => child.IsRequired).Select(static child => child.Key), () =>
        {
            if (part.Kind is { } kind)
            {
                writer.WriteStartObject("kind");
                writer.WriteString("const", kind);
                writer.WriteEndObject();
            }

            WriteKeys(writer, keys, part, settings);
            foreach (var child in part.Children)
            {
                writer.WriteStartObject(child.Key);
                WriteChild(writer, child, fresh);
                writer.WriteEndObject();
            }
        });
    }

    private static void WriteMapping(Utf8JsonWriter writer, string? help, IReadOnlyDictionary<string, Key> keys, IEnumerable<string> required, Action writeProperties)
    {
        writer.WriteString("type", "object");
        if (help is not null)
        {
            writer.WriteString("description", help + ".");
        }

        writer.WriteStartObject("properties");
        writeProperties();
        writer.WriteEndObject();
        var needed = keys.Where(static key => key.Value.Option?.IsRequired == true).Select(static key => key.Key).Concat(required).ToList();
        if (needed.Count > 0)
        {
            writer.WriteStartArray("required");
            needed.ForEach(writer.WriteStringValue);
            writer.WriteEndArray();
        }

        writer.WriteBoolean("additionalProperties", false);
    }

    private static void WriteKeys(Utf8JsonWriter writer, IReadOnlyDictionary<string, Key> keys, ConfigurationPart part, object settings)
    {
        foreach (var (name, key) in keys)
        {
            writer.WriteStartObject(name);
            if (key.Option is { } option)
            {
                WriteOption(writer, option, part, settings);
            }
            else
            {
                WriteMapping(writer, null, key.Keys, [], () => WriteKeys(writer, key.Keys, part, settings));
            }

            writer.WriteEndObject();
        }
    }

    private static void WriteChild(Utf8JsonWriter writer, ConfigurationChild child, object fresh)
    {
        switch (child.Form)
        {
            case ConfigurationForm.List:
                writer.WriteString("type", "array");
                if (child.IsRequired)
                {
                    writer.WriteNumber("minItems", 1);
                }

                writer.WriteStartObject("items");
                WriteKinds(writer, child, fresh);
                writer.WriteEndObject();
                break;

            case ConfigurationForm.Map:
                writer.WriteString("type", "object");
                writer.WriteStartObject("additionalProperties");
                WriteKinds(writer, child, fresh);
                writer.WriteEndObject();
                break;

            default:
                WriteKinds(writer, child, fresh);
                break;
        }
    }

    // One condition for each kind, so that an editor reports the errors of the kind that is there.
    private static void WriteKinds(Utf8JsonWriter writer, ConfigurationChild child, object fresh)
    {
        if (child.Parts is [{ Kind: null } only])
        {
            WritePart(writer, only, child.Add(fresh, only, string.Empty));
            return;
        }

        writer.WriteString("type", "object");
        writer.WriteStartObject("properties");
        writer.WriteStartObject("kind");
        writer.WriteStartArray("enum");
        foreach (var part in child.Parts)
        {
            writer.WriteStringValue(part.Kind);
        }

        writer.WriteEndArray();
        if (child.DefaultKind is not null)
        {
            writer.WriteString("default", child.DefaultKind);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        WriteRequired(writer, child.DefaultKind is null);
        writer.WriteStartArray("allOf");
        foreach (var part in child.Parts)
        {
            writer.WriteStartObject();
            writer.WriteStartObject("if");
            writer.WriteStartObject("properties");
            writer.WriteStartObject("kind");
            writer.WriteString("const", part.Kind);
            writer.WriteEndObject();
            writer.WriteEndObject();
            WriteRequired(writer, part.Kind != child.DefaultKind);
            writer.WriteEndObject();
            writer.WriteStartObject("then");
            WritePart(writer, part, child.Add(fresh, part, string.Empty));
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteRequired(Utf8JsonWriter writer, bool isRequired)
    {
        if (isRequired)
        {
            writer.WriteStartArray("required");
            writer.WriteStringValue("kind");
            writer.WriteEndArray();
        }
    }

    private static void WriteOption(Utf8JsonWriter writer, ConfigurationOption option, ConfigurationPart part, object settings)
    {
        var unit = option.Unit is null ? string.Empty : $" ({option.Unit})";
        writer.WriteString("description", $"{option.Help}. {option.Details}{(option.Details is null ? string.Empty : " ")}Range: {option.Range}{unit}. {(option.IsRequired ? "Required." : $"Default: {option.Default}.")}");
        if (!part.IsOverride && !option.IsRequired && !option.Default.Contains(' ', StringComparison.Ordinal))
        {
            writer.WritePropertyName("default");
            writer.Write(ConfigurationTree.DefaultOf(option, settings)!);
        }

        var bounds = option.Bounds;
        if (option.Form == OptionForm.Text && bounds.Words.Count == 0)
        {
            writer.WriteString("type", "string");
            return;
        }

        writer.WriteStartArray("anyOf");
        writer.WriteStartObject();
        switch (option.Form)
        {
            case OptionForm.List:
                writer.WriteString("type", "array");
                writer.WriteStartObject("items");
                writer.WriteString("type", "string");
                writer.WriteEndObject();
                writer.WriteEndObject();
                writer.WriteStartObject();
                writer.WriteString("type", "string");
                break;

            case OptionForm.Flag:
                writer.WriteString("type", "boolean");
                break;

            case OptionForm.Number:
                writer.WriteString("type", bounds.IsWhole ? "integer" : "number");
                writer.WriteNumber(bounds.IsMinimumExcluded ? "exclusiveMinimum" : "minimum", bounds.Minimum);
                writer.WriteNumber("maximum", bounds.Maximum);
                writer.WriteEndObject();
                writer.WriteStartObject();
                WriteWords(writer, bounds.Words);
                break;

            default:
                WriteWords(writer, bounds.Words);
                break;
        }

        writer.WriteEndObject();
        writer.WriteStartObject();
        writer.WriteString("$ref", Variable);
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    // A word such as 1.2 is a number in a file that does not quote it.
    private static void WriteWords(Utf8JsonWriter writer, IReadOnlyList<string> words)
    {
        writer.WriteStartArray("enum");
        foreach (var word in words)
        {
            writer.WriteStringValue(word);
            if (decimal.TryParse(word, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                writer.WriteNumberValue(number);
            }
        }

        writer.WriteEndArray();
    }

    private static Dictionary<string, Key> Nest(IEnumerable<ConfigurationOption> options)
    {
        var root = new Key();
        foreach (var option in options)
        {
            var key = root;
            foreach (var name in option.Key!.Split('.'))
            {
                if (!key.Keys.TryGetValue(name, out var next))
                {
                    key.Keys.Add(name, next = new Key());
                }

                key = next;
            }

            key.Option = option;
        }

        return root.Keys;
    }

    private sealed class Key
    {
        public ConfigurationOption? Option { get; set; }

        public Dictionary<string, Key> Keys { get; } = new(StringComparer.Ordinal);
    }
}
