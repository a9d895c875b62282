using System.CommandLine;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Hosting.Namerd;
using Linkerd.Tcp.Namerd;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Cli.CommandLine;

/// <summary>Reads the command line of <c>resolve</c>.</summary>
internal static class ResolveCommandLine
{
    private static readonly CommandSyntax Syntax = new(
        CommandHelpText.ResolveUsage, [CliOptions.HelpFlag, .. CliOptions.OfResolve, .. CliOptions.Naming], "<NAME>", "a name such as /svc/foo, or an address such as 127.0.0.1:8080");

    /// <summary>Parses the arguments after the word; never throws for their content.</summary>
    public static ParsedCommandLine Parse(string[] args)
    {
        var errors = Syntax.FindTokenErrors(args).ToList();
        if (errors.Count > 0)
        {
            return new ParsedCommandLine.Wrong(errors, Syntax.Usage);
        }

        var result = Syntax.Parse(args);
        return CliOptions.HelpFlag.IsGiven(result) ? new ParsedCommandLine.ShowText(CommandHelpText.Resolve()) : Read(result);
    }

    private static ParsedCommandLine Read(ParseResult result)
    {
        var errors = new List<string>();
        var target = Syntax.ReadArgument(result, errors, OptionTypes.Target.ParseArgument);
        var interpreter = NamingReader.Read(result, target is null ? [] : [($"{Syntax.ArgumentName} '{target}'", target)], errors);
        var settings = new ResolveSettings { Naming = new TargetNaming(target ?? NameTree.Negative.Instance, interpreter) };
        foreach (var option in CliOptions.OfResolve)
        {
            option.Write(result, errors, settings);
        }

        if (errors.Count == 0 && settings.Naming.Interpreter is NamerdConfiguration { Mode: NamerdMode.Resolve })
        {
            errors.Add("--namerd-mode resolve draws one branch of a union, and says nothing of the others; expected bind or poll here");
        }

        return errors.Count == 0 ? new ParsedCommandLine.Resolve(settings) : new ParsedCommandLine.Wrong(errors, Syntax.Usage);
    }
}
