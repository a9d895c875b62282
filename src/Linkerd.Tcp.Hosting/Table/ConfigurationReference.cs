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

            Each option has a key in the configuration model, and most have a name on the command line. Keys that end in `Ms` count milliseconds, keys that end in `Secs` seconds; the command line
            has durations with their unit, such as `500ms`, `10s`, `5m`, `1h`. A default is in the form of the command line if the option has a name there, otherwise in the form of the key.

            """);
        Append(text, "Process", "", table, typeof(ProxyConfiguration));
        Append(text, "Admin server", "admin.", table, typeof(AdminConfiguration));
        text.Append(
            """

            The process has an admin server if there is an `admin`. Its `admin.tls` has the keys of an identity (`certs`, `privateKey`, `passphraseFile`), as under "Identities".

            """);
        Append(text, "Routers", "routers[].", table, typeof(RouterConfiguration));
        Append(text, "Servers", "routers[].servers[].", table, typeof(ServerConfiguration));
        Append(text, "Routes by server name", "routers[].servers[].sniRoutes[].", table, typeof(SniRouteConfiguration));
        Append(text, "TLS with clients", "routers[].servers[].tls.", table, typeof(ServerTlsConfiguration));
        Append(text, "Identities", "routers[].servers[].tls.defaultIdentity.", table, typeof(IdentityConfiguration));
        text.Append(
            """

            A server has TLS if it has a `tls` with a `defaultIdentity`. Further identities are under `routers[].servers[].tls.identities`, a mapping of names to the same keys; on the command line they are the second --tls-cert and
            those after it. These names have no effect, as the names in the certificates select an identity.

            """);
        Append(text, "Clients", "routers[].client.", table, typeof(ClientSettings));
        text.Append(
            """

            The settings above apply to all names (`kind: io.l5d.global`). Settings by prefix (`kind: io.l5d.static`) are a list under `routers[].client.configs[]` with the same keys. For each name, all settings with a
            matching prefix are merged in order; later ones override earlier ones.

            """);
        text.Append("\n## Interpreters\n\n`routers[].interpreter.kind` selects how names are resolved.\n");
        foreach (var kind in table.Interpreters.All)
        {
            text.Append("\n### ").Append(kind.Name).Append("\n\n").Append(kind.Help).Append(".\n");
            foreach (var option in kind.Options)
            {
                Append(text, option, option.ModelType == typeof(FileNamerConfiguration) ? "routers[].interpreter.namers[]." : "routers[].interpreter.");
            }
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, string title, string path, ConfigurationTable table, Type modelType)
    {
        text.Append("\n## ").Append(title).Append('\n');
        foreach (var option in table.Of(modelType))
        {
            Append(text, option, path);
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

        text.Append("  \nType: ").Append(option.TypeName).Append(option.Unit is null ? string.Empty : $" ({option.Unit})");
        text.Append(". Range: ").Append(option.Range).Append(". Default: ").Append(option.Default).Append(".\n");
    }
}
