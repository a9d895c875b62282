using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Hosting.Options;

/// <summary>The options of a destination without a listener. They are no part of the file of a process.</summary>
internal static class TargetOptions
{
    public static IReadOnlyList<ConfigurationOption> All { get; } =
    [
        new ConfigurationOption<DestinationConfiguration, NameTree?>(OptionTypes.Target, static destination => destination.DstName, static (destination, target) => destination.DstName = target)
        {
            Key = "dstName",
            Default = "required",
            Help = "The target of connections: a name such as /svc/foo, an address such as web:80, or a tree of them",
        },
        new ConfigurationOption<DestinationConfiguration, string?>(OptionTypes.WritableDirectory, static destination => destination.StateDirectory, static (destination, directory) => destination.StateDirectory = directory)
        {
            Key = "stateDir",
            Default = "off",
            Help = "Remember the last good endpoints in this directory, for a start without a control plane",
        },
    ];
}
