using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.CommandLine;

/// <summary>Parses a command line: one of a command, or one of the proxy, whose target has a slash or a colon, or a configuration file alone. The help text leaves out <c>config
/// reference</c>, which prints docs/reference.md.</summary>
internal static class CommandLineParser
{
    /// <summary>Parses a command line; never throws for its content.</summary>
    public static ParsedCommandLine Parse(string[] args) => args switch
    {
        ["resolve", .. var rest] => ResolveCommandLine.Parse(rest),
        ["dtab", .. var rest] => DtabCommandLine.Parse(rest),
        ["config", "check", .. var rest] => ConfigurationCommandLine.ParseCheck(rest),
        [var file] when ConfigurationCommandLine.IsFile(file) => new ParsedCommandLine.RunFile(file),
        ["config", "reference"] => new ParsedCommandLine.ShowText(ConfigurationReference.Print(NamerdKinds.Table)),
        _ => ProxyCommandLine.Parse(args),
    };
}
