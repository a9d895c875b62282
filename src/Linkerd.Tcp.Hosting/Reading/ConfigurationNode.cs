namespace Linkerd.Tcp.Hosting;

/// <summary>Represents a value of a configuration source, with its place: the input of <see cref="ConfigurationReading.Read"/>. One node can be in several places, as the value of an alias is. Immutable; any thread.</summary>
public abstract class ConfigurationNode
{
    private protected ConfigurationNode(TextPosition position, int size) => (Position, Size) = (position, size);

    /// <summary>Gets the place of its first character; the default if the source has no places.</summary>
    public TextPosition Position { get; }

    /// <summary>Gets the number of values in it, itself included, and with each alias counted as the values that it stands for.</summary>
    public int Size { get; }
}

/// <summary>Represents a text, a number, true, false or null.</summary>
/// <param name="position">The place.</param>
/// <param name="text">The text, as it was written for all but strings.</param>
/// <param name="isQuoted">True if it is a string, whatever it looks like.</param>
public sealed class ScalarNode(TextPosition position, string text, bool isQuoted) : ConfigurationNode(position, 1)
{
    /// <summary>Gets the text.</summary>
    public string Text => text;

    /// <summary>Gets a value that indicates whether it stands for no value.</summary>
    public bool IsNull => !isQuoted && text is "" or "~" or "null" or "Null" or "NULL";
}

/// <summary>Represents a list.</summary>
/// <param name="position">The place.</param>
/// <param name="items">The items.</param>
public sealed class SequenceNode(TextPosition position, IReadOnlyList<ConfigurationNode> items) : ConfigurationNode(position, 1 + items.Sum(static item => item.Size))
{
    /// <summary>Gets the items.</summary>
    public IReadOnlyList<ConfigurationNode> Items => items;
}

/// <summary>Represents a mapping, in the order of the source; a key may be there several times, which is an error.</summary>
/// <param name="position">The place.</param>
/// <param name="entries">The keys and their values.</param>
public sealed class MappingNode(TextPosition position, IReadOnlyList<MappingEntry> entries) : ConfigurationNode(position, 1 + entries.Sum(static entry => entry.Value.Size))
{
    /// <summary>Gets the keys and their values.</summary>
    public IReadOnlyList<MappingEntry> Entries => entries;

    /// <summary>Finds the first value of a key; null if there is none.</summary>
    internal ConfigurationNode? Find(string key) => entries.FirstOrDefault(entry => entry.Key == key)?.Value;
}

/// <summary>Represents a value that can be read, but not used.</summary>
/// <param name="position">The place.</param>
/// <param name="problem">The problem and the expected value.</param>
public sealed class InvalidNode(TextPosition position, string problem) : ConfigurationNode(position, 1)
{
    /// <summary>Gets the problem and the expected value.</summary>
    public string Problem => problem;
}

/// <summary>Represents a key and its value.</summary>
/// <param name="key">The key.</param>
/// <param name="position">The place of the key.</param>
/// <param name="value">The value.</param>
public sealed class MappingEntry(string key, TextPosition position, ConfigurationNode value)
{
    /// <summary>Gets the key.</summary>
    public string Key => key;

    /// <summary>Gets the place of the key.</summary>
    public TextPosition Position => position;

    /// <summary>Gets the value.</summary>
    public ConfigurationNode Value => value;

    internal void Deconstruct(out string key, out TextPosition position, out ConfigurationNode value) => (key, position, value) = (Key, Position, Value);
}
