using Linkerd.Tcp.Hosting;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Linkerd.Tcp.Cli.Configuration;

/// <summary>Reads YAML into nodes.</summary>
internal sealed class YamlTree
{
    // The prefix of tags such as !!binary.
    private const string StandardTags = "tag:yaml.org,2002:";

    private readonly Parser _parser;
    private readonly Dictionary<AnchorName, ConfigurationNode> _anchors = [];
    private int _values;

    private YamlTree(Parser parser) => _parser = parser;

    /// <summary>Reads a text with one document.</summary>
    /// <exception cref="ConfigurationSyntaxException">It is not YAML, or beyond the limits.</exception>
    public static ConfigurationNode Parse(string text)
    {
        try
        {
            return new YamlTree(new Parser(new Scanner(new StringReader(text), skipComments: true))).ReadStream();
        }
        catch (YamlException error)
        {
            var position = PositionOf(error.Start);
            throw FindTab(text, position.Line, (int)error.End.Line) is { } tab
                ? new ConfigurationSyntaxException(tab, "a tab is in the indentation; expected spaces")
                : new ConfigurationSyntaxException(position, $"this is not YAML: {Describe(error.Message)}");
        }
    }

    private static TextPosition PositionOf(Mark mark) => new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    private static string Describe(string message) => message.TrimEnd('.') is { Length: > 0 } text ? char.ToLowerInvariant(text[0]) + text[1..] : "it cannot be read";

    // The error may be in the line before the tab, or in the one after it.
    private static TextPosition? FindTab(string text, int first, int last)
    {
        var lines = text.Split('\n');
        for (var i = Math.Max(1, first - 1); i <= Math.Min(lines.Length, last + 1); i++)
        {
            var indentation = lines[i - 1].AsSpan(0, lines[i - 1].Length - lines[i - 1].AsSpan().TrimStart(" \t").Length);
            if (indentation.IndexOf('\t') is >= 0 and var tab)
            {
                return new(i, tab + 1);
            }
        }

        return null;
    }

    private ConfigurationNode ReadStream()
    {
        Next<StreamStart>();
        MoveNext();
        if (_parser.Current is StreamEnd)
        {
            throw new ConfigurationSyntaxException(new(1, 1), "the file is empty; expected a mapping with the key routers");
        }

        MoveNext();
        var root = Read(1);
        Next<DocumentEnd>();
        MoveNext();
        return _parser.Current is StreamEnd ? root
            : throw new ConfigurationSyntaxException(PositionOf(_parser.Current!.Start), "a second document begins here; expected one in a file");
    }

    // The scanner has exceptions of its own kind for what it cannot read, and of the runtime's for what it did not think of.
    private bool MoveNext()
    {
        var before = _parser.Current is { } current ? PositionOf(current.End) : new(1, 1);
        try
        {
            return _parser.MoveNext();
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException or IndexOutOfRangeException or NullReferenceException or InvalidCastException or FormatException or OverflowException)
        {
            throw new ConfigurationSyntaxException(before, "this is not YAML: the text after this cannot be read");
        }
    }

    private void Next<T>()
        where T : ParsingEvent
    {
        if (!MoveNext() || _parser.Current is not T)
        {
            throw new ConfigurationSyntaxException(_parser.Current is { } other ? PositionOf(other.Start) : null, "this is not YAML: the document does not end here");
        }
    }

    // Reads the value that begins with the current event, up to its last event.
    private ConfigurationNode Read(int depth)
    {
        var start = _parser.Current!;
        var position = PositionOf(start.Start);
        ConfigurationLimits.CheckDepth(depth, position);
        ConfigurationLimits.CheckCount(++_values, position);
        var node = start switch
        {
            AnchorAlias alias => ReadAlias(alias, position),
            Scalar scalar => new ScalarNode(position, scalar.Value, scalar.Style is not ScalarStyle.Plain),
            SequenceStart => ReadSequence(position, depth),
            MappingStart => ReadMapping(position, depth),
            _ => throw new ConfigurationSyntaxException(position, "this is not YAML: a value is missing"),
        };
        if (start is not NodeEvent { } nodeEvent || start is AnchorAlias)
        {
            return node;
        }

        if (!nodeEvent.Tag.IsEmpty)
        {
            node = new InvalidNode(position, $"it has the tag {ConfigurationProblem.Quote(nodeEvent.Tag.ToString().Replace(StandardTags, "!!", StringComparison.Ordinal))}; expected the value without a tag");
        }

        if (!nodeEvent.Anchor.IsEmpty)
        {
            _anchors[nodeEvent.Anchor] = node;
        }

        return node;
    }

    private ConfigurationNode ReadAlias(AnchorAlias alias, TextPosition position)
    {
        // An anchor is known after its value, so that a value cannot contain itself.
        if (!_anchors.TryGetValue(alias.Value, out var node))
        {
            return new InvalidNode(position, $"the alias '*{alias.Value}' has no anchor '&{alias.Value}' whose value ends before it");
        }

        ConfigurationLimits.CheckCount(_values += node.Size, position);
        return node;
    }

    private SequenceNode ReadSequence(TextPosition position, int depth)
    {
        var items = new List<ConfigurationNode>();
        while (MoveNext() && _parser.Current is not SequenceEnd)
        {
            items.Add(Read(depth + 1));
        }

        return new(position, items);
    }

    private MappingNode ReadMapping(TextPosition position, int depth)
    {
        var entries = new List<MappingEntry>();
        while (MoveNext() && _parser.Current is not MappingEnd)
        {
            var start = PositionOf(_parser.Current!.Start);
            if (_parser.Current is not Scalar key)
            {
                throw new ConfigurationSyntaxException(start, "the key of a mapping is not a text; expected a key such as routers");
            }

            if (!MoveNext())
            {
                break;
            }

            entries.Add(new(key.Value, start, Read(depth + 1)));
        }

        return new(position, entries);
    }
}
