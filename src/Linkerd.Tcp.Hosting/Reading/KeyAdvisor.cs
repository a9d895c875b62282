using System.Runtime.CompilerServices;

namespace Linkerd.Tcp.Hosting.Reading;

/// <summary>Finds the places of keys in a file. A place is such as <c>routers[].client.tls</c>. Immutable; any thread.</summary>
internal sealed class KeyAdvisor
{
    /// <summary>The key with which YAML 1.1 copies keys of another mapping.</summary>
    public const string MergeKey = "<<";

    private const int MostPlaces = 2;
    private const int MostListed = 20;

    private static readonly ConditionalWeakTable<ConfigurationPart, KeyAdvisor> Advisors = [];

    private readonly List<(string Place, string? Kind, string Key, bool IsDefault)> _keys = [];
    private readonly List<(string Place, ConfigurationPart Part)> _parts = [];

    private KeyAdvisor(ConfigurationPart root) => Add(root, string.Empty, isDefault: true);

    /// <summary>Gets the places of all keys of a file.</summary>
    /// <param name="root">The shape of the file.</param>
    public static KeyAdvisor Of(ConfigurationPart root) => Advisors.GetValue(root, static root => new KeyAdvisor(root));

    /// <summary>Gets the keys of all places.</summary>
    public IEnumerable<string> Keys => _keys.Select(static one => one.Key);

    /// <summary>Appends a key to a place.</summary>
    public static string Join(string place, string key) => place.Length == 0 ? key : $"{place}.{key}";

    /// <summary>Gets the place of an option in a file: that of its key, or of its part if it has none.</summary>
    public string PlaceOf(ConfigurationOption option) =>
        _parts.Find(one => one.Part.Options.Contains(option)) is { Part: not null } found ? Join(found.Place, option.Key!)
            : _parts.Find(one => one.Part.Options.Any(other => other.ModelType == option.ModelType)).Place ?? string.Empty;

    /// <summary>Describes a key that is not known where it is, and finds the one that was meant.</summary>
    /// <param name="key">The key.</param>
    /// <param name="place">The place of the mapping that has it.</param>
    /// <param name="kind">The kind of the part; null if there are no kinds.</param>
    /// <param name="known">The keys that are known there.</param>
    /// <param name="meant">The known key that was meant; null if there is none.</param>
    public string Describe(string key, string place, string? kind, IReadOnlyCollection<string> known, out string? meant)
    {
        meant = null;
        if (key == MergeKey)
        {
            return "merge keys are not read; expected the keys themselves (an alias can repeat a whole value)";
        }

        var elsewhere = _keys.Where(other => other.Key == key).OrderByDescending(other => Common(other.Place, place)).ThenByDescending(static other => other.IsDefault).ToList();
        if (elsewhere.Find(other => other.Place == place) is { Key: not null } ofOther)
        {
            return $"it is a key of kind {ofOther.Kind}, not of {kind}";
        }

        if (elsewhere.Count > 0)
        {
            var places = elsewhere.Select(static other => other.Place.Length == 0 ? "the top of the file" : other.Place).Distinct().Take(MostPlaces);
            return $"unknown key; it belongs under {string.Join(" or ", places)}";
        }

        meant = Suggestion.Find(key, known);
        return meant is not null ? $"unknown key; did you mean {meant}?"
            : known.Count > MostListed ? "unknown key; linkerd-tcp config reference lists the keys"
            : $"unknown key; expected {ValueReader.OneOf(known)}";
    }

    private static int Common(string a, string b)
    {
        var length = 0;
        while (length < a.Length && length < b.Length && a[length] == b[length])
        {
            length++;
        }

        return length;
    }

    private void Add(ConfigurationPart part, string place, bool isDefault)
    {
        _parts.Add((place, part));
        foreach (var option in part.Options)
        {
            var (parent, rest) = (place, option.Key!);
            while (rest.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot)
            {
                Add(parent, part.Kind, rest[..dot], isDefault);
                (parent, rest) = (Join(parent, rest[..dot]), rest[(dot + 1)..]);
            }

            Add(parent, part.Kind, rest, isDefault);
        }

        foreach (var child in part.Children)
        {
            Add(place, part.Kind, child.Key, isDefault);
            foreach (var shape in child.Parts)
            {
                Add(shape, Join(place, child.Key) + SuffixOf(child.Form), isDefault && (shape.Kind is null || shape.Kind == child.DefaultKind));
            }
        }
    }

    /// <summary>The end of the place of parts.</summary>
    public static string SuffixOf(ConfigurationForm form) => form switch
    {
        ConfigurationForm.List => "[]",
        ConfigurationForm.Map => ".*",
        _ => string.Empty,
    };

    private void Add(string place, string? kind, string key, bool isDefault)
    {
        if (!_keys.Exists(other => other.Place == place && other.Kind == kind && other.Key == key))
        {
            _keys.Add((place, kind, key, isDefault));
        }
    }
}
