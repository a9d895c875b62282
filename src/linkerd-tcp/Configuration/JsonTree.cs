using System.Text;
using System.Text.Json;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.Configuration;

/// <summary>Reads JSON into nodes. Numbers keep their text.</summary>
internal sealed class JsonTree
{
    private readonly byte[] _bytes;
    private int _values;
    private int _offset;
    private int _line = 1;
    private int _column = 1;

    private JsonTree(byte[] bytes) => _bytes = bytes;

    /// <summary>Returns true if a text is JSON and not YAML: its first character that is not white space is a brace, as in the original.</summary>
    public static bool IsJson(string text) => text.AsSpan().TrimStart(" \t\r\n") is ['{', ..];

    /// <summary>Reads a text with one value (RFC 8259).</summary>
    /// <exception cref="ConfigurationSyntaxException">It is not JSON, or beyond the limits.</exception>
    public static ConfigurationNode Parse(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        try
        {
            // One more than the limit, which has a message of its own.
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = ConfigurationLimits.Depth + 1 });
            reader.Read();
            var root = new JsonTree(bytes).Read(ref reader);
            reader.Read();
            return root;
        }
        catch (JsonException error)
        {
            throw new ConfigurationSyntaxException(PositionOf(bytes, error), $"this is not JSON, which a file is that begins with a brace: {Describe(error.Message)}");
        }
    }

    // The library appends its own form of the place.
    private static string Describe(string message) => message.Split(" LineNumber:")[0].TrimEnd('.');

    private static TextPosition PositionOf(byte[] bytes, JsonException error)
    {
        var line = (int)(error.LineNumber ?? 0);
        var rest = bytes.AsSpan();
        for (var i = 0; i < line && rest.IndexOf((byte)'\n') is >= 0 and var end; i++)
        {
            rest = rest[(end + 1)..];
        }

        return new(line + 1, 1 + Encoding.UTF8.GetCharCount(rest[..Math.Min(rest.Length, (int)(error.BytePositionInLine ?? 0))]));
    }

    private ConfigurationNode Read(ref Utf8JsonReader reader)
    {
        var position = PositionOf(reader);
        ConfigurationLimits.CheckCount(++_values, position);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                ConfigurationLimits.CheckDepth(reader.CurrentDepth + 1, position);
                return ReadObject(ref reader, position);

            case JsonTokenType.StartArray:
                ConfigurationLimits.CheckDepth(reader.CurrentDepth + 1, position);
                var items = new List<ConfigurationNode>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(Read(ref reader));
                }

                return new SequenceNode(position, items);

            case JsonTokenType.String:
                return new ScalarNode(position, TextOf(ref reader, position), isQuoted: true);

            default:
                return new ScalarNode(position, Encoding.UTF8.GetString(reader.ValueSpan), isQuoted: false);
        }
    }

    private MappingNode ReadObject(ref Utf8JsonReader reader, TextPosition position)
    {
        var entries = new List<MappingEntry>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var start = PositionOf(reader);
            var key = TextOf(ref reader, start);
            reader.Read();
            entries.Add(new(key, start, Read(ref reader)));
        }

        return new(position, entries);
    }

    private static string TextOf(ref Utf8JsonReader reader, TextPosition position)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair as an escape.
            throw new ConfigurationSyntaxException(position, "the text is not Unicode; expected \\u escapes of whole characters");
        }
    }

    // Tokens come in the order of the text, so that each character is counted once.
    private TextPosition PositionOf(in Utf8JsonReader reader)
    {
        var until = (int)reader.TokenStartIndex;
        var between = _bytes.AsSpan(_offset, until - _offset);
        var lines = between.Count((byte)'\n');
        _column = lines == 0 ? _column + Encoding.UTF8.GetCharCount(between) : 1 + Encoding.UTF8.GetCharCount(between[(between.LastIndexOf((byte)'\n') + 1)..]);
        _line += lines;
        _offset = until;
        return new(_line, _column);
    }
}
