namespace Linkerd.Tcp.Cli.CommandLine;

/// <summary>Parses a command line: one of a command, or one of the proxy, whose target has a slash or a colon, or a configuration file alone.</summary>
internal static class CommandLineParser
{
    /// <summary>Parses a command line; never throws for its content.</summary>
    public static ParsedCommandLine Parse(string[] args) => args switch
    {
        ["resolve", .. var rest] => ResolveCommandLine.Parse(rest),
        ["dtab", .. var rest] => DtabCommandLine.Parse(rest),
        ["config", "check", .. var rest] => ConfigurationCommandLine.ParseCheck(rest),
        ["config", .. var rest] => ConfigCommandLine.Parse(rest),
        [var file] when ConfigurationCommandLine.IsFile(file) => new ParsedCommandLine.RunFile(file),
        _ => ProxyCommandLine.Parse(args),
    };
}
