using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.CommandLine;

/// <summary>Every option of the command line: those of the table, and the few that are of a command itself. Those with a letter, their defaults and words are the original's, and come first.</summary>
internal static class CliOptions
{
    public static CliOption HelpFlag { get; } = Flag('h', "help", "Prints help information");

    public static CliOption VersionFlag { get; } = Flag('V', "version", "Prints version information");

    /// <summary>The option of a configuration file, which stands for all others.</summary>
    public static CliOption ConfigFile { get; } = new(new ConfigurationOption<object, string>(
        OptionTypes.Text("file", "the path of a file, or -", static text => text, static text => text), static _ => string.Empty, static (_, _) => { })
    {
        Argument = "config",
        Letter = 'c',
        ValueName = "FILE",
        Default = "required",
        Help = "Read the configuration from a YAML or JSON file instead, or from standard input: -",
    });

    /// <summary>The options that only print.</summary>
    public static IReadOnlyList<CliOption> Flags { get; } = [HelpFlag, VersionFlag];

    /// <summary>The options of the proxy.</summary>
    public static IReadOnlyList<CliOption> Proxy { get; } = Ordered(KnownKinds.Table.Options);

    /// <summary>The option to watch the configuration file, which is allowed beside it.</summary>
    public static CliOption WatchConfig { get; } = Find("watch-config");

    /// <summary>The options that decide how names are resolved; of <c>resolve</c> too.</summary>
    public static IReadOnlyList<CliOption> Naming { get; } = [.. Proxy.Where(static option => option.Row.ModelType.IsAssignableTo(typeof(InterpreterConfiguration)))];

    /// <summary>The options of TLS, and of routes by server name.</summary>
    public static IReadOnlyList<CliOption> Tls { get; } = [.. Proxy.Where(static option => IsOfTls(option.Row))];

    /// <summary>The options of <c>resolve</c> that the proxy does not have.</summary>
    public static IReadOnlyList<CliOption> OfResolve { get; } = Ordered(
    [
        new ConfigurationOption<ResolveSettings, bool>(OptionTypes.Flag, static settings => settings.Watch, static (settings, watch) => settings.Watch = watch)
        {
            Argument = "watch",
            Default = "false",
            Help = "Continue to print changes, until a signal or until the output is closed",
        },
        new ConfigurationOption<ResolveSettings, TimeSpan>(OptionTypes.Duration(), static settings => settings.Timeout, static (settings, timeout) => settings.Timeout = timeout)
        {
            Argument = "timeout",
            ValueName = "DURATION",
            Default = "5s",
            Help = "Maximum time that the name is pending; with --watch it is reported once, and the wait continues",
        },
        new ConfigurationOption<ResolveSettings, bool>(OptionTypes.Flag, static settings => settings.Json, static (settings, json) => settings.Json = json)
        {
            Argument = "json",
            Default = "false",
            Help = "Print one JSON document on one line; with --watch, one for each change",
        },
    ]);

    /// <summary>Finds an option of the proxy by its long name, without dashes.</summary>
    public static CliOption Find(string argument) => Proxy.Single(option => option.Row.Argument == argument);

    /// <summary>Returns the name of the option that wrote a key of the configuration, such as <c>routers[0].servers[0].tls.trustCerts</c>; the path itself if there is none.</summary>
    public static string NameOf(string path) => Proxy.FirstOrDefault(option => option.Row.Key is { } key && (path == key || path.EndsWith("." + key, StringComparison.Ordinal)) && IsWithin(option.Row.ModelType, path))?.LongName ?? path;

    private static bool IsWithin(Type model, string path) => path.StartsWith("accessLog.", StringComparison.Ordinal) ? model == typeof(AccessLogConfiguration)
        : path.StartsWith("admin.", StringComparison.Ordinal) ? model == typeof(AdminConfiguration)
        : path.Contains(".client.", StringComparison.Ordinal) ? model == typeof(ClientSettings)
        : path.Contains(".interpreter.", StringComparison.Ordinal) ? model.IsAssignableTo(typeof(InterpreterConfiguration))
        : path.Contains(".tls.defaultIdentity.", StringComparison.Ordinal) || path.Contains(".tls.identities.", StringComparison.Ordinal) ? model == typeof(IdentityConfiguration)
        : path.Contains(".tls.", StringComparison.Ordinal) ? model == typeof(ServerTlsConfiguration)
        : path.Contains('.', StringComparison.Ordinal) ? model == typeof(ServerConfiguration)
        : model == typeof(ProxyConfiguration);

    private static IReadOnlyList<CliOption> Ordered(IEnumerable<ConfigurationOption> rows) =>
        [.. rows.Where(static row => row.Argument is not null).OrderBy(static row => row.Letter is null).Select(static row => new CliOption(row))];

    private static bool IsOfTls(ConfigurationOption row) => row.ModelType == typeof(IdentityConfiguration) || row.ModelType == typeof(ServerTlsConfiguration) || row.ModelType == typeof(SniRouteConfiguration)
        || row.Key == "tlsProvider" || (row.ModelType == typeof(ClientSettings) && row.Key?.StartsWith("tls.", StringComparison.Ordinal) == true);

    private static CliOption Flag(char letter, string name, string help) =>
        new(new ConfigurationOption<object, bool>(OptionTypes.Flag, static _ => false, static (_, _) => { }) { Argument = name, Letter = letter, Default = "false", Help = help });
}
