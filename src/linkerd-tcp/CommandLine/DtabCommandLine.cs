namespace Linkerd.Tcp.Cli.CommandLine;

/// <summary>Reads the command line of <c>dtab</c>.</summary>
internal static class DtabCommandLine
{
    private static readonly CommandSyntax Syntax = new(CommandHelpText.DtabUsage, [CliOptions.HelpFlag], "<FILE|->", "a file, or - for standard input");

    /// <summary>Parses the arguments after the word; never throws for their content.</summary>
    public static ParsedCommandLine Parse(string[] args)
    {
        if (args is not ["check", .. var rest])
        {
            return args is ["-h" or "--help", ..] ? new ParsedCommandLine.ShowText(CommandHelpText.Dtab())
                : new ParsedCommandLine.Wrong([args.Length == 0 ? "expected check after dtab" : $"unknown command 'dtab {args[0]}'; expected dtab check"], Syntax.Usage);
        }

        var errors = Syntax.FindTokenErrors(rest).ToList();
        if (errors.Count > 0)
        {
            return new ParsedCommandLine.Wrong(errors, Syntax.Usage);
        }

        var result = Syntax.Parse(rest);
        if (CliOptions.HelpFlag.IsGiven(result))
        {
            return new ParsedCommandLine.ShowText(CommandHelpText.Dtab());
        }

        var file = Syntax.ReadArgument(result, errors);
        return file is not null ? new ParsedCommandLine.CheckDtab(file) : new ParsedCommandLine.Wrong(errors, Syntax.Usage);
    }
}
