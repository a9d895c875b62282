namespace Linkerd.Tcp.Hosting.Mapping;

/// <summary>Represents a part of a configuration as text: the values of its options, and the parts in it. Two configurations are compared by it, as an option is a row of the table. Immutable; any thread.</summary>
internal sealed class ConfigurationPart
{
    private readonly string _key;
    private readonly IReadOnlyList<(string Key, string? Text)> _values;
    private readonly IReadOnlyList<ConfigurationPart> _parts;

    private ConfigurationPart(string key, IEnumerable<(string Key, string? Text)> values, params IEnumerable<ConfigurationPart?> parts)
    {
        (_key, _values) = (key, [.. values]);

        // Parts with one key are numbered, such as servers on any free port.
        _parts = [.. parts.OfType<ConfigurationPart>().GroupBy(static part => part._key).SelectMany(static same => same.Select((part, i) => i == 0 ? part : part.Renamed(FormattableString.Invariant($"{part._key}#{i + 1}"))))];
    }

    /// <summary>Describes a configuration that is valid.</summary>
    public static ConfigurationPart Of(ProxyConfiguration configuration, ConfigurationTable table) =>
        new("", ValuesOf(configuration, table), [.. configuration.Routers.Select(router => Of(router, table))]);

    /// <summary>Gets a router by its label; null if there is none.</summary>
    public ConfigurationPart? Router(string label) => Part(RouterKey(label));

    /// <summary>Gets a part by its key; null if there is none.</summary>
    public ConfigurationPart? Part(string key) => _parts.FirstOrDefault(part => part._key == key);

    /// <summary>Gets the text of an option.</summary>
    public string? TextOf(string key) => _values.FirstOrDefault(value => value.Key == key).Text;

    /// <summary>Returns the part with the values that another one has for some options.</summary>
    public ConfigurationPart With(ConfigurationPart other, IReadOnlyCollection<string> keys) =>
        new(_key, _values.Select(value => keys.Contains(value.Key) ? (value.Key, other.TextOf(value.Key)) : value), _parts);

    /// <summary>Returns a value that indicates whether everything in it is as in another part.</summary>
    public bool IsSame(ConfigurationPart? other) => other is not null && FindChanges(other).Count == 0;

    /// <summary>Gets the keys of everything that differs from an earlier part; one for a part that is added or removed as a whole.</summary>
    public IReadOnlyList<string> FindChanges(ConfigurationPart before)
    {
        var changes = new List<string>();
        AddChanges(before, "", changes);
        return changes;
    }

    private static string RouterKey(string label) => $"routers[{label}]";

    private static ConfigurationPart Of(RouterConfiguration router, ConfigurationTable table) => new(
        RouterKey(router.Label),
        ValuesOf(router, table),
        [Of(router.Interpreter, table), .. router.Servers.Select(server => Of(server, table)), Of(router.Client, table)]);

    private static ConfigurationPart Of(InterpreterConfiguration interpreter, ConfigurationTable table) => new(
        "interpreter",
        ValuesOf(interpreter, table).Prepend(("kind", interpreter.Kind)),
        interpreter is LocalInterpreterConfiguration local ? local.Namers.Select(namer => new ConfigurationPart($"namers[{namer.RootDir}]", ValuesOf(namer, table))) : []);

    private static ConfigurationPart Of(ServerConfiguration server, ConfigurationTable table) => new(
        $"servers[{new System.Net.IPEndPoint(server.Ip, server.Port!.Value)}]",
        ValuesOf(server, table),
        [.. server.SniRoutes.Select(route => new ConfigurationPart($"sniRoutes[{route.Pattern}]", ValuesOf(route, table))), server.Tls is { } tls ? Of(tls, table) : null]);

    private static ConfigurationPart Of(ServerTlsConfiguration tls, ConfigurationTable table) => new(
        "tls",
        ValuesOf(tls, table),
        [
            new ConfigurationPart("defaultIdentity", ValuesOf(tls.DefaultIdentity!, table)),
            .. tls.Identities.Select(identity => new ConfigurationPart($"identities[{identity.Key}]", ValuesOf(identity.Value, table))),
        ]);

    private static ConfigurationPart Of(ClientConfiguration client, ConfigurationTable table) => new(
        "client", ValuesOf(client.Global, table), client.Configs.Select(settings => new ConfigurationPart($"configs[{settings.Prefix}]", ValuesOf(settings, table))));

    // Rows without a key are those of the command line, and write what others have.
    private static IEnumerable<(string Key, string? Text)> ValuesOf(object model, ConfigurationTable table) =>
        table.Of(model.GetType()).Where(static option => option.Key is not null).Select(option => (option.Key!, option.Print(model)));

    private ConfigurationPart Renamed(string key) => new(key, _values, _parts);

    private void AddChanges(ConfigurationPart before, string path, List<string> changes)
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
