using System.CommandLine;
using Linkerd.Tcp.Cli.Configuration;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.CommandLine;

/// <summary>Reads command lines that name a configuration file.</summary>
internal static class ConfigurationCommandLine
{
    private static readonly string[] Endings = [".yml", ".yaml", ".json"];

    private static readonly CommandSyntax Check = new(CommandHelpText.ConfigCheckUsage, [CliOptions.HelpFlag], "<FILE|->", "a configuration file, or - for standard input");

    /// <summary>Returns true if an argument alone is a file, as the original takes it.</summary>
    public static bool IsFile(string argument) => argument == ConfigurationFile.StandardInput || Array.Exists(Endings, ending => argument.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads the command line of a proxy that has the option of a file. All others but <c>--watch-config</c> are in the file.</summary>
    public static ParsedCommandLine Read(ParseResult result, CommandSyntax syntax)
    {
        var errors = new List<string>();
        var files = CliOptions.ConfigFile.Texts(result, errors);
        var target = syntax.ReadArgument(result, errors, isRequired: false);
        if (target is not null)
        {
            errors.Add($"{syntax.ArgumentName} '{target}' means nothing beside {CliOptions.ConfigFile.LongName}; expected dstName under routers[].servers[] of the file");
        }

        errors.AddRange(CliOptions.Proxy.Where(option => option != CliOptions.WatchConfig && option.IsGiven(result)).Select(option =>
            $"{option.LongName} means nothing beside {CliOptions.ConfigFile.LongName}; expected {(option.Row.Key is null ? $"its keys under {PlaceOf(option)}" : PlaceOf(option))} in the file"));
        return errors.Count == 0 ? new ParsedCommandLine.RunFile(files[0], CliOptions.WatchConfig.IsGiven(result)) : new ParsedCommandLine.Wrong(errors, syntax.Usage);
    }

    private static string PlaceOf(CliOption option) => ConfigurationReading.PlaceOf(KnownKinds.Table, option.Row);

    /// <summary>Parses the arguments after <c>config check</c>; never throws for their content.</summary>
    public static ParsedCommandLine ParseCheck(string[] args)
    {
        var errors = Check.FindTokenErrors(args).ToList();
        if (errors.Count > 0)
        {
            return new ParsedCommandLine.Wrong(errors, Check.Usage);
        }

        var result = Check.Parse(args);
        if (CliOptions.HelpFlag.IsGiven(result))
        {
            return new ParsedCommandLine.ShowText(CommandHelpText.ConfigCheck());
        }

        return Check.ReadArgument(result, errors) is { } file ? new ParsedCommandLine.CheckFile(file) : new ParsedCommandLine.Wrong(errors, Check.Usage);
    }
}
