using Linkerd.Tcp.Cli.Configuration;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.CommandLine;

/// <summary>Reads the command line of <c>config</c>.</summary>
internal static class ConfigCommandLine
{
    private const string Json = "--json";
    private const string Secrets = "--secrets";

    /// <summary>Parses the arguments after the word; never throws for their content.</summary>
    public static ParsedCommandLine Parse(string[] args) => args switch
    {
        ["show", .. var rest] => Show(rest),
        ["schema"] => new ParsedCommandLine.ShowText(ConfigurationSchema.Print(KnownKinds.Table)),
        ["reference"] => new ParsedCommandLine.ShowText(ConfigurationReference.Print(KnownKinds.Table)),
        ["-h" or "--help", ..] or ["schema" or "reference", "-h" or "--help"] => new ParsedCommandLine.ShowText(CommandHelpText.Config()),
        ["schema" or "reference", var more, ..] => Wrong($"unexpected '{more}' after config {args[0]}; expected nothing"),
        [] => Wrong("expected check, show, schema or reference after config"),
        _ => Wrong($"unknown command 'config {args[0]}'; expected config check, config show, config schema or config reference"),
    };

    // All options but two are those of the proxy, as its command line is shown too.
    private static ParsedCommandLine Show(string[] args)
    {
        if (args is ["-h" or "--help", ..])
        {
            return new ParsedCommandLine.ShowText(CommandHelpText.Config());
        }

        var (isJson, showSecrets) = (args.Contains(Json), args.Contains(Secrets));
        var rest = args.Where(static arg => arg is not (Json or Secrets)).ToArray();
        return rest is [var file] && ConfigurationCommandLine.IsFile(file) ? new ParsedCommandLine.ShowFile(file, isJson, showSecrets) : ProxyCommandLine.Parse(rest) switch
        {
            ParsedCommandLine.RunFile run => new ParsedCommandLine.ShowFile(run.File, isJson, showSecrets),
            ParsedCommandLine.Run run => new ParsedCommandLine.ShowText(ConfigurationShowRunner.Print(run.Configuration, new Dictionary<string, string>(), "command line", isJson, showSecrets)),
            ParsedCommandLine.Wrong wrong => wrong with { Usage = CommandHelpText.ConfigUsage },
            _ => new ParsedCommandLine.ShowText(CommandHelpText.Config()),
        };
    }

    private static ParsedCommandLine.Wrong Wrong(string error) => new([error], CommandHelpText.ConfigUsage);
}
