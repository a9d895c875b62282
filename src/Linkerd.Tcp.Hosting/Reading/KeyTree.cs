using System.Runtime.CompilerServices;

namespace Linkerd.Tcp.Hosting.Reading;

/// <summary>Represents the keys that a mapping may have: those of a part, or of a mapping within it that dots in the keys of options stand for. Immutable; any thread.</summary>
internal sealed class KeyTree
{
    private static readonly ConditionalWeakTable<ConfigurationPart, KeyTree> Trees = [];

    private readonly Dictionary<string, KeyTree> _keys = new(StringComparer.Ordinal);

    /// <summary>Initializes the keys of options and of parts below them.</summary>
    public KeyTree(IEnumerable<ConfigurationOption> options, IEnumerable<ConfigurationChild> children)
    {
        foreach (var option in options)
        {
            var tree = this;
            foreach (var segment in option.Key!.Split('.'))
            {
                tree = tree.GetOrAdd(segment);
            }

            tree.Option = option;
        }

        foreach (var child in children)
        {
            GetOrAdd(child.Key).Child = child;
        }
    }

    private KeyTree()
    {
    }

    /// <summary>The option of the key; null if there are keys below it.</summary>
    public ConfigurationOption? Option { get; private set; }

    /// <summary>The parts of the key; null if there are none.</summary>
    public ConfigurationChild? Child { get; private set; }

    /// <summary>The keys, in the order of the table.</summary>
    public IReadOnlyCollection<string> Keys => _keys.Keys;

    /// <summary>Gets the keys of a part.</summary>
    public static KeyTree Of(ConfigurationPart part) => Trees.GetValue(part, static part => new KeyTree(part.Options, part.Children));

    /// <summary>Finds a key; null if there is none.</summary>
    public KeyTree? Find(string key) => _keys.GetValueOrDefault(key);

    private KeyTree GetOrAdd(string key)
    {
        if (!_keys.TryGetValue(key, out var tree))
        {
            _keys.Add(key, tree = new KeyTree());
        }

        return tree;
    }
}
