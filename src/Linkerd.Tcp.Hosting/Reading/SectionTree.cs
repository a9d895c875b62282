using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Linkerd.Tcp.Hosting.Reading;

/// <summary>
/// Reads a section of <see cref="IConfiguration"/> into nodes. Its keys have no case, so that each gets that of the key of the table; numbers as keys are a list; and the text of a flag of JSON begins
/// with a capital letter there.
/// </summary>
internal sealed class SectionTree
{
    private readonly Dictionary<string, string> _keys = new(StringComparer.OrdinalIgnoreCase) { ["kind"] = "kind" };

    private SectionTree(ConfigurationPart shape)
    {
        foreach (var key in KeyAdvisor.Of(shape).Keys)
        {
            _keys.TryAdd(key, key);
        }
    }

    /// <summary>Reads a section. One that is empty is a mapping without keys.</summary>
    /// <param name="section">The section.</param>
    /// <param name="shape">The shape of the model that the section is for.</param>
    public static ConfigurationNode Read(IConfiguration section, ConfigurationPart shape) => new SectionTree(shape).Read(section) is { } node and not ScalarNode { IsNull: true } ? node : new MappingNode(default, []);

    /// <summary>Returns the key of a section in the form of <see cref="IConfiguration"/>, such as <c>Proxies:web:routers:0:label</c>.</summary>
    /// <param name="section">The section.</param>
    /// <param name="path">The path of the key, such as <c>routers[0].label</c>.</param>
    public static string KeyOf(IConfiguration section, string path) =>
        ConfigurationPath.Combine(((string[])[(section as IConfigurationSection)?.Path ?? string.Empty, path.Replace('[', ':').Replace("]", string.Empty, StringComparison.Ordinal).Replace('.', ':')]).Where(static part => part.Length > 0));

    private ConfigurationNode Read(IConfiguration section)
    {
        var children = section.GetChildren().ToList();
        if (children.Count == 0)
        {
            return (section as IConfigurationSection)?.Value switch
            {
                null or "" => new ScalarNode(default, string.Empty, isQuoted: false),
                "True" => new ScalarNode(default, "true", isQuoted: true),
                "False" => new ScalarNode(default, "false", isQuoted: true),
                var text => new ScalarNode(default, text, isQuoted: true),
            };
        }

        return children.TrueForAll(static child => int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            ? new SequenceNode(default, [.. children.Select(Read)])
            : new MappingNode(default, [.. children.Select(child => new MappingEntry(_keys.GetValueOrDefault(child.Key, child.Key), default, Read(child)))]);
    }
}
