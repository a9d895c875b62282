using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Hosting.Options;

/// <summary>The options of a router, of the embedded interpreter's namers, and of fixed endpoints.</summary>
internal static class RouterOptions
{
    public static IReadOnlyList<ConfigurationOption> All { get; } =
    [
        new ConfigurationOption<RouterConfiguration, string?>(
            OptionTypes.Text<string?>("text", "any text", static text => text, static text => text, static text => text!.Length > 0), static router => router.Label, static (router, label) => router.Label = label!)
        {
            Key = "label",
            Default = "default",
            Help = "The name of the router in messages; it must be unique",
        },
        new ConfigurationOption<RouterConfiguration, string?>(OptionTypes.WritableDirectory, static router => router.StateDirectory, static (router, directory) => router.StateDirectory = directory)
        {
            Key = "stateDir",
            Argument = "state-dir",
            ValueName = "DIR",
            Default = "off",
            Help = "Remember the last good endpoints of each name in this directory, for a start without a control plane",
            Details = "The directory is created if it does not exist. Endpoints that were remembered for another interpreter, dtab or target are not used.",
        },
    ];

    /// <summary>The options of the embedded interpreter.</summary>
    public static IReadOnlyList<ConfigurationOption> Local { get; } =
    [
        new ConfigurationOption<LocalInterpreterConfiguration, string?>(
            OptionTypes.ExistingDirectory,
            static interpreter => interpreter.Namers is [var namer, ..] ? namer.RootDir : null,
            static (interpreter, directory) => interpreter.Namers = directory is null ? [] : [new FileNamerConfiguration { RootDir = directory }])
        {
            Argument = "disco",
            ValueName = "DIR",
            Default = "off",
            Help = "Bind names in the proxy, without namerd: each file of DIR is a name under /#/io.l5d.fs; without --dtab the dtab is /svc => /#/io.l5d.fs",
        },
        new ConfigurationOption<FileNamerConfiguration, string?>(OptionTypes.ExistingDirectory, static namer => namer.RootDir, static (namer, directory) => namer.RootDir = directory)
        {
            Key = "rootDir",
            Default = "required",
            Help = "The directory; each file is a name under /#/io.l5d.fs, and each of its lines an endpoint",
        },
        new ConfigurationOption<LocalInterpreterConfiguration, Dtab?>(OptionTypes.Dtab, static interpreter => interpreter.Dtab, static (interpreter, dtab) => interpreter.Dtab = dtab)
        {
            Key = "dtab",
            Argument = "dtab",
            ValueName = "DTAB",
            Default = "off",
            Help = "Bind names in the proxy, without namerd, by this dtab, or by that of a file: @FILE",
            Details = "The default is the dtab of the file namer (`/svc => /#/io.l5d.fs`) if there is one, otherwise an empty dtab.",
        },
    ];

    /// <summary>The options of fixed endpoints.</summary>
    public static IReadOnlyList<ConfigurationOption> Static { get; } =
    [
        new ConfigurationOption<StaticInterpreterConfiguration, IReadOnlyList<System.Net.IPEndPoint>>(OptionTypes.ServerAddresses, static fixedSet => fixedSet.Addrs, static (fixedSet, addresses) => fixedSet.Addrs = addresses)
        {
            Key = "addrs",
            Default = "required",
            Help = "The endpoints of every name",
        },
    ];
}
