using Linkerd.Tcp.Hosting.Table;

namespace Linkerd.Tcp.Hosting;

/// <summary>Prints a configuration as a file that reads back to the same model.</summary>
public static class ConfigurationPrinter
{
    /// <summary>Prints a configuration as YAML.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="table">The table of options, with the kinds of interpreters.</param>
    /// <param name="options">The options; null for the defaults.</param>
    public static string Print(ProxyConfiguration configuration, ConfigurationTable table, ConfigurationPrinterOptions? options = null) => YamlText.Write(Make(configuration, table, options));

    /// <summary>Prints a configuration as JSON, which has no comments.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="table">The table of options, with the kinds of interpreters.</param>
    /// <param name="options">The options; null for the defaults.</param>
    public static string PrintJson(ProxyConfiguration configuration, ConfigurationTable table, ConfigurationPrinterOptions? options = null)
    {
        var root = Make(configuration, table, options);
        return JsonText.Write(writer => writer.Write(root));
    }

    private static PrintedNode.Mapping Make(ProxyConfiguration configuration, ConfigurationTable table, ConfigurationPrinterOptions? options)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(table);
        return new ConfigurationTree(options ?? new ConfigurationPrinterOptions()).Make(table, configuration);
    }
}

/// <summary>Represents the options of <see cref="ConfigurationPrinter"/>.</summary>
public sealed class ConfigurationPrinterOptions
{
    /// <summary>Gets or sets a value that indicates whether secrets are printed. Default: false, <c>***</c> is printed in their place, and what is printed does not read back.</summary>
    public bool ShowSecrets { get; set; }

    /// <summary>
    /// Gets or sets the origins of values, by their paths, such as <c>linkerd.yml:7</c> for <c>routers[0].servers[0].port</c>. They are printed as comments, with the defaults of what has no value.
    /// Null, the default, for no comments.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Origins { get; set; }

    /// <summary>Gets or sets the origin of values that are not in <see cref="Origins"/> and are not the default. Null, the default, for none.</summary>
    public string? OtherOrigin { get; set; }
}
