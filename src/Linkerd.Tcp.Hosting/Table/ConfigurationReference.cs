using System.Text;

namespace Linkerd.Tcp.Hosting;

/// <summary>Prints the reference page of all options, in Markdown.</summary>
public static class ConfigurationReference
{
    /// <summary>Prints the page.</summary>
    public static string Print(ConfigurationTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        var text = new StringBuilder(
            """
            # Reference of options

            <!-- Printed by `linkerd-tcp config reference`, from the table of options. -->

            Each option has a key in the configuration file, and most have a name on the command line. `[]` is an item of a list, `.*` a name in a mapping of names. Keys that end in `Ms` count milliseconds, keys that end in
            `Secs` seconds; the command line has durations with their unit, such as `500ms`, `10s`, `5m`, `1h`. A default is in the form of the command line if the option has a name there, otherwise in the form of the key.
            `linkerd-tcp config schema` prints the same options as a JSON Schema for editors.

            """);
        new Page(text).Append(table.Root, string.Empty);
        return text.ToString();
    }

    private sealed class Page(StringBuilder text)
    {
        // The place of each part and option that was described; others that have it refer to that place.
        private readonly Dictionary<object, string> _described = [];

        public void Append(ConfigurationPart root, string path)
        {
            AppendPart(root, "##", path);
            AppendChildren(root, path);
        }

        private void AppendChildren(ConfigurationPart part, string path)
        {
            foreach (var child in part.Children)
            {
                var place = path + child.Key + child.Form switch { ConfigurationForm.List => "[]", ConfigurationForm.Map => ".*", _ => string.Empty };
                if (child.Parts.All(_described.ContainsKey))
                {
                    text.Append("\n`").Append(place).Append("` has the keys of ").Append(_described[child.Parts[0]]).Append(".\n");
                    continue;
                }

                var hasKinds = child.Parts[0].Kind is not null;
                if (hasKinds)
                {
                    text.Append("\n## ").Append(char.ToUpperInvariant(child.Key[0])).Append(child.Key.AsSpan(1)).Append("\n\n`").Append(place).Append(".kind` is ")
                        .AppendJoin(", ", child.Parts.Select(static part => $"`{part.Kind}`")).Append(child.DefaultKind is { } kind ? $". Default: `{kind}`.\n" : ". Required.\n");
                }

                foreach (var one in child.Parts)
                {
                    AppendPart(one, hasKinds ? "###" : "##", place + '.');
                }

                foreach (var one in child.Parts)
                {
                    AppendChildren(one, place + '.');
                }
            }
        }

        private void AppendPart(ConfigurationPart part, string level, string path)
        {
            var place = $"`{path.TrimEnd('.')}`" + (part.Kind is null ? string.Empty : $" of the kind `{part.Kind}`");
            _described.Add(part, place);
            text.Append('\n').Append(level).Append(' ').Append(part.Kind ?? part.Title).Append('\n');
            if (part.Help is { } help)
            {
                text.Append('\n').Append(help).Append(".\n");
            }

            foreach (var other in part.Rows.Where(_described.ContainsKey).Select(row => _described[row]).Distinct())
            {
                text.Append("\nIt has the keys of ").Append(other).Append(".\n");
            }

            foreach (var row in part.Rows.Where(row => _described.TryAdd(row, place)))
            {
                ConfigurationReference.Append(text, row, path);
            }
        }
    }

    private static void Append(StringBuilder text, ConfigurationOption option, string path)
    {
        var argument = option.Argument is null ? null : $"`--{option.Argument}{(option.ValueName is null ? string.Empty : $" <{option.ValueName}>")}`" + (option.Letter is null ? string.Empty : $", `-{option.Letter}`");
        var key = option.Key is null ? null : $"`{path}{option.Key}`";
        text.Append("\n**").Append(key ?? argument).Append("**").Append(key is null || argument is null ? string.Empty : " - " + argument).Append("  \n");
        text.Append(option.Help).Append('.');
        if (option.Details is { } details)
        {
            text.Append(' ').Append(details);
        }

        if (option.NeedsOpenSsl)
        {
            text.Append(" Needs the OpenSSL provider (`tlsProvider`).");
        }

        text.Append("  \nType: ").Append(option.TypeName).Append(option.Unit is null ? string.Empty : $" ({option.Unit})");
        text.Append(". Range: ").Append(option.Range).Append(". Default: ").Append(option.Default).Append(".\n");
    }
}
