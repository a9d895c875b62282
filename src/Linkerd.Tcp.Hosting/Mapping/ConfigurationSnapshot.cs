using System.Net;

namespace Linkerd.Tcp.Hosting.Mapping;

/// <summary>Represents a part of a configuration as text: the values of its options, and the parts in it. Two configurations are compared by it, as an option is a row of the table. Immutable; any thread.</summary>
internal sealed class ConfigurationSnapshot
{
    private readonly string _key;
    private readonly IReadOnlyList<(string Key, string? Text)> _values;
    private readonly IReadOnlyList<ConfigurationSnapshot> _parts;

    private ConfigurationSnapshot(string key, IEnumerable<(string Key, string? Text)> values, params IEnumerable<ConfigurationSnapshot?> parts)
    {
        (_key, _values) = (key, [.. values]);

        // Parts with one key are numbered, such as servers on any free port.
        _parts = [.. parts.OfType<ConfigurationSnapshot>().GroupBy(static part => part._key).SelectMany(static same => same.Select((part, i) => i == 0 ? part : part.Renamed(FormattableString.Invariant($"{part._key}#{i + 1}"))))];
    }

    /// <summary>Describes a configuration that is valid.</summary>
    public static ConfigurationSnapshot Of(ProxyConfiguration configuration, ConfigurationTable table) => Of("", table.Root, configuration, hasKinds: false);

    /// <summary>Describes a destination that is valid.</summary>
    public static ConfigurationSnapshot Of(DestinationConfiguration configuration, ConfigurationTable table) => Of("", table.Destination, configuration, hasKinds: false);

    /// <summary>Gets a router by its label; null if there is none.</summary>
    public ConfigurationSnapshot? Router(string label) => Part(RouterKey(label));

    /// <summary>Gets a part by its key; null if there is none.</summary>
    public ConfigurationSnapshot? Part(string key) => _parts.FirstOrDefault(part => part._key == key);

    /// <summary>Gets the text of an option.</summary>
    public string? TextOf(string key) => _values.FirstOrDefault(value => value.Key == key).Text;

    /// <summary>Returns the part with what another one has for some keys, of options and of parts.</summary>
    public ConfigurationSnapshot With(ConfigurationSnapshot other, IReadOnlyCollection<string> keys) => new(
        _key,
        _values.Select(value => keys.Contains(value.Key) ? (value.Key, other.TextOf(value.Key)) : value),
        _parts.Where(part => !keys.Contains(part._key)).Concat(other._parts.Where(part => keys.Contains(part._key))));

    /// <summary>Returns a value that indicates whether everything in it is as in another part.</summary>
    public bool IsSame(ConfigurationSnapshot? other) => other is not null && FindChanges(other).Count == 0;

    /// <summary>Gets the keys of everything that differs from an earlier part; one for a part that is added or removed as a whole.</summary>
    public IReadOnlyList<string> FindChanges(ConfigurationSnapshot before)
    {
        var changes = new List<string>();
        AddChanges(before, "", changes);
        return changes;
    }

    private static string RouterKey(string label) => $"routers[{label}]";

    private static ConfigurationSnapshot Of(string key, ConfigurationPart shape, object part, bool hasKinds)
    {
        var settings = shape.SettingsOf(part);
        var values = shape.Options.Select(option => (option.Key!, option.Print(settings)));
        return new(
            key,
            hasKinds ? values.Prepend(("kind", shape.Kind)) : values,
            shape.Children.SelectMany(child => child.Get(part).Select(entry => Of(KeyOf(child, entry), entry.Shape, entry.Part, child is { Parts.Count: > 1, DefaultKind: null }))));
    }

    // What stands for a part of a list, wherever it is in it.
    private static string KeyOf(ConfigurationChild child, ConfigurationEntry entry) => child.Form == ConfigurationForm.One ? child.Key : entry.Part switch
    {
        RouterConfiguration router => RouterKey(router.Label),
        ServerConfiguration server => $"{child.Key}[{new IPEndPoint(server.Ip, server.Port!.Value)}]",
        FileNamerConfiguration namer => $"{child.Key}[{namer.RootDir}]",
        SniRouteConfiguration route => $"{child.Key}[{route.Pattern}]",
        ClientSettings settings => $"{child.Key}[{settings.Prefix}]",
        _ => $"{child.Key}[{entry.Name}]",
    };

    private ConfigurationSnapshot Renamed(string key) => new(key, _values, _parts);

    private void AddChanges(ConfigurationSnapshot before, string path, List<string> changes)
    {
        changes.AddRange(_values.Where(value => before.TextOf(value.Key) != value.Text).Select(value => path + value.Key));
        changes.AddRange(before._values.Where(value => !_values.Any(mine => mine.Key == value.Key)).Select(value => path + value.Key));
        foreach (var part in _parts)
        {
            if (before.Part(part._key) is { } earlier)
            {
                part.AddChanges(earlier, $"{path}{part._key}.", changes);
            }
            else
            {
                changes.Add(path + part._key);
            }
        }

        changes.AddRange(before._parts.Where(part => Part(part._key) is null).Select(part => path + part._key));

        // Settings by prefix hold over those before them.
        if (_key == "client" && changes.Count == 0 && !_parts.Select(static part => part._key).SequenceEqual(before._parts.Select(static part => part._key)))
        {
            changes.Add($"{path}configs");
        }
    }
}
