using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.Configuration;

/// <summary>Represents a value of a file, with its place. The value of an alias is the one of its anchor, so that one node can be in several places.</summary>
internal abstract class ConfigurationNode(TextPosition position, int size)
{
    /// <summary>The place of its first character.</summary>
    public TextPosition Position => position;

    /// <summary>The number of values in it, itself included, and with each alias counted as the values that it stands for.</summary>
    public int Size => size;
}

/// <summary>Represents a text, a number, true, false or null.</summary>
/// <param name="position">The place.</param>
/// <param name="text">The text, as it was written for all but strings.</param>
/// <param name="isQuoted">True if it is a string, whatever it looks like.</param>
internal sealed class ScalarNode(TextPosition position, string text, bool isQuoted) : ConfigurationNode(position, 1)
{
    public string Text => text;

    /// <summary>True if it stands for no value.</summary>
    public bool IsNull => !isQuoted && text is "" or "~" or "null" or "Null" or "NULL";
}

/// <summary>Represents a list.</summary>
internal sealed class SequenceNode(TextPosition position, IReadOnlyList<ConfigurationNode> items) : ConfigurationNode(position, 1 + items.Sum(static item => item.Size))
{
    public IReadOnlyList<ConfigurationNode> Items => items;
}

/// <summary>Represents a mapping, in the order of the file; a key may be there several times.</summary>
internal sealed class MappingNode(TextPosition position, IReadOnlyList<MappingEntry> entries) : ConfigurationNode(position, 1 + entries.Sum(static entry => entry.Value.Size))
{
    public IReadOnlyList<MappingEntry> Entries => entries;

    /// <summary>Finds the first value of a key; null if there is none.</summary>
    public ConfigurationNode? Find(string key) => entries.FirstOrDefault(entry => entry.Key == key)?.Value;
}

/// <summary>Represents a value that can be read, but not used.</summary>
internal sealed class InvalidNode(TextPosition position, string problem) : ConfigurationNode(position, 1)
{
    public string Problem => problem;
}

/// <summary>Represents a key and its value.</summary>
internal sealed record MappingEntry(string Key, TextPosition Position, ConfigurationNode Value);

/// <summary>The exception that is thrown if a file cannot be read any further.</summary>
internal sealed class ConfigurationSyntaxException(TextPosition? position, string message) : Exception(message)
{
    public TextPosition? Position => position;
}

/// <summary>The limits of a file. They are far beyond what a proxy needs, and bound the time and memory of reading.</summary>
internal static class ConfigurationLimits
{
    public const int Bytes = 8 * 1024 * 1024;
    public const int Values = 250_000;
    public const int Depth = 32;

    /// <summary>Throws if there are too many values.</summary>
    public static void CheckCount(int values, TextPosition position)
    {
        if (values > Values)
        {
            throw new ConfigurationSyntaxException(position, $"too many values, with each alias counted as the values that it stands for; expected at most {Values}");
        }
    }

    /// <summary>Throws if values are nested too deeply.</summary>
    public static void CheckDepth(int depth, TextPosition position)
    {
        if (depth > Depth)
        {
            throw new ConfigurationSyntaxException(position, $"nested too deeply; expected at most {Depth} lists and mappings within each other");
        }
    }
}
