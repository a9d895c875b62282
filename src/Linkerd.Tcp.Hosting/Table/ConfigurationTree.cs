using System.Globalization;

namespace Linkerd.Tcp.Hosting.Table;

/// <summary>Makes the nodes of a file from a model, by the shape.</summary>
/// <param name="options">The options of printing.</param>
internal sealed class ConfigurationTree(ConfigurationPrinterOptions options)
{
    public PrintedNode.Mapping Make(ConfigurationTable table, ProxyConfiguration configuration) => Make(table.Root, configuration, new ProxyConfiguration(), string.Empty, defaultKind: null);

    /// <summary>Makes the node of an option's value; null if the model has none.</summary>
    public static PrintedNode? ValueOf(ConfigurationOption option, object model)
    {
        if (option.Form == OptionForm.List)
        {
            return option.PrintItems(model) is { } items ? new PrintedNode.Sequence([.. items.Select(static item => new PrintedNode.Scalar(Escape(item), isLiteral: false))]) : null;
        }

        // Words such as off are texts in both formats, as YAML 1.1 takes some of them for something else.
        return option.Print(model) is not { } text ? null
            : new PrintedNode.Scalar(Escape(text), option.Form == OptionForm.Flag || (option.Form == OptionForm.Number && char.IsAsciiDigit(text[0])));
    }

    /// <summary>Makes the node of the default of an option; null if it must be there. A default that depends on others is a sentence.</summary>
    /// <param name="option">The option.</param>
    /// <param name="fresh">A new object of the model, which is changed.</param>
    public static PrintedNode? DefaultOf(ConfigurationOption option, object fresh)
    {
        if (option.IsRequired || option.Default.Contains(' ', StringComparison.Ordinal))
        {
            return option.IsRequired ? null : new PrintedNode.Scalar(option.Default, isLiteral: true);
        }

        if (option.Argument is null)
        {
            option.Parse(fresh, option.Default);
        }
        else
        {
            option.ParseArgument(fresh, option.Default);
        }

        return ValueOf(option, fresh) ?? new PrintedNode.Scalar(option.Default, isLiteral: false);
    }

    private PrintedNode.Mapping Make(ConfigurationPart shape, object part, object fresh, string path, string? defaultKind)
    {
        var mapping = new PrintedNode.Mapping();
        if (shape.Kind is { } kind)
        {
            mapping.Add("kind", new PrintedNode.Scalar(kind, isLiteral: false), CommentOf(path + "kind", isDefault: kind == defaultKind));
        }

        foreach (var option in shape.Options)
        {
            Add(mapping, shape, option, shape.SettingsOf(part), shape.SettingsOf(fresh), path);
        }

        foreach (var child in shape.Children)
        {
            Add(mapping, child, part, fresh, path + child.Key);
        }

        return mapping;
    }

    private void Add(PrintedNode.Mapping mapping, ConfigurationPart shape, ConfigurationOption option, object model, object fresh, string path)
    {
        var value = ValueOf(option, model);
        if (value is not null)
        {
            var isDefault = option.Print(model) == option.Print(fresh);
            var isHidden = option.IsSecret && !isDefault && !options.ShowSecrets;
            mapping.Add(option.Key!, isHidden ? new PrintedNode.Scalar(ConfigurationOption.Hidden, isLiteral: false) : value, CommentOf(path + option.Key, isDefault));
        }
        else if (options.Origins is not null && !shape.IsOverride && DefaultOf(option, fresh) is { } otherwise)
        {
            mapping.AddDefault(option.Key!, otherwise);
        }
    }

    private void Add(PrintedNode.Mapping mapping, ConfigurationChild child, object part, object fresh, string path)
    {
        var entries = child.Get(part).ToList();
        if (entries.Count == 0)
        {
            return;
        }

        if (child.Form == ConfigurationForm.Map)
        {
            var named = new PrintedNode.Mapping();
            foreach (var entry in entries)
            {
                named.AddNamed(entry.Name, Make(entry.Shape, entry.Part, child.Add(fresh, entry.Shape, entry.Name), $"{path}.{entry.Name}.", null));
            }

            mapping.Add(child.Key, named);
            return;
        }

        var isList = child.Form == ConfigurationForm.List;
        var items = new List<PrintedNode>();
        foreach (var entry in entries)
        {
            var place = isList ? string.Create(CultureInfo.InvariantCulture, $"{path}[{items.Count}].") : path + '.';
            items.Add(Make(entry.Shape, entry.Part, child.Add(fresh, entry.Shape, string.Empty), place, child.DefaultKind));
        }

        mapping.Add(child.Key, isList ? new PrintedNode.Sequence(items) : items[0]);
    }

    private string? CommentOf(string path, bool isDefault) =>
        options.Origins is null ? null : options.Origins.TryGetValue(path, out var origin) ? origin : isDefault ? "default" : options.OtherOrigin;

    // What a reader expands is a variable; this is the text itself.
    private static string Escape(string text) => text.Replace("${", "$${", StringComparison.Ordinal);
}
