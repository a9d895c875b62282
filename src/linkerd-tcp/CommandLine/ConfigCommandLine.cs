using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.CommandLine;

/// <summary>Reads the command line of <c>config</c>.</summary>
internal static class ConfigCommandLine
{
    private const string Json = "--json";
    private const string Secrets = "--secrets";
    private const string Heading = "# Printed by linkerd-tcp config show. Behind each value is its origin; a key that is a comment has no value, and shows its default.\n";

    /// <summary>Parses the arguments after the word; never throws for their content.</summary>
    public static ParsedCommandLine Parse(string[] args) => args switch
    {
        ["show", .. var rest] => Show(rest),
        ["schema"] => new ParsedCommandLine.ShowText(ConfigurationSchema.Print(NamerdKinds.Table)),
        ["reference"] => new ParsedCommandLine.ShowText(ConfigurationReference.Print(NamerdKinds.Table)),
        ["-h" or "--help", ..] or ["schema" or "reference", "-h" or "--help"] => new ParsedCommandLine.ShowText(CommandHelpText.Config()),
        ["schema" or "reference", var more, ..] => Wrong($"unexpected '{more}' after config {args[0]}; expected nothing"),
        [] => Wrong("expected show, schema or reference after config"),
        _ => Wrong($"unknown command 'config {args[0]}'; expected config show, config schema or config reference"),
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
        return ProxyCommandLine.Parse(rest) switch
        {
            ParsedCommandLine.Run run => new ParsedCommandLine.ShowText(Print(run.Configuration, isJson, showSecrets)),
            ParsedCommandLine.Wrong wrong => wrong with { Usage = CommandHelpText.ConfigUsage },
            _ => new ParsedCommandLine.ShowText(CommandHelpText.Config()),
        };
    }

    private static string Print(ProxyConfiguration configuration, bool isJson, bool showSecrets)
    {
        var options = new ConfigurationPrinterOptions { ShowSecrets = showSecrets, Origins = new Dictionary<string, string>(), OtherOrigin = "command line" };
        return isJson ? ConfigurationPrinter.PrintJson(configuration, NamerdKinds.Table, options) : Heading + ConfigurationPrinter.Print(configuration, NamerdKinds.Table, options);
    }

    private static ParsedCommandLine.Wrong Wrong(string error) => new([error], CommandHelpText.ConfigUsage);
}
