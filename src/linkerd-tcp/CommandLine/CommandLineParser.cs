using System.CommandLine;

namespace Linkerd.Tcp.Cli;

/// <summary>Takes a command line apart. System.CommandLine says which token belongs to what; the values are read, and judged, here.</summary>
internal static class CommandLineParser
{
    private static readonly CliOption[] All = [.. CliOptions.Flags, .. CliOptions.Original, .. CliOptions.Added];
    private static readonly CliOption[] Flags = [.. All.OfType<FlagOption>()];
    private static readonly Argument<string[]> TargetArgument = new("TARGET") { Arity = ArgumentArity.ZeroOrMore };
    private static readonly Command Command = Build();

    // No "@file" on this command line: names are free to begin as they like.
    private static readonly ParserConfiguration Configuration = new() { ResponseFileTokenReplacer = null };

    /// <summary>Reads a command line; never throws for what it says.</summary>
    public static ParsedCommandLine Parse(string[] args)
    {
        var errors = FindTokenErrors(args).ToList();
        if (errors.Count > 0)
        {
            return new ParsedCommandLine.Wrong(errors);
        }

        var result = Command.Parse(args, Configuration);
        if (CliOptions.HelpFlag.IsGiven(result))
        {
            return new ParsedCommandLine.ShowHelp();
        }

        if (CliOptions.VersionFlag.IsGiven(result))
        {
            return new ParsedCommandLine.ShowVersion();
        }

        var target = ReadTarget(result, errors);
        var settings = new ProxySettings
        {
            Target = target!,
            Listen = CliOptions.Listen.Read(result, errors)!,
            NamerdAddress = CliOptions.NamerdAddress.Read(result, errors)!,
            NamerdInterval = CliOptions.NamerdInterval.Read(result, errors),
            NamerdNamespace = CliOptions.NamerdNamespace.Read(result, errors)!,
            Poll = CliOptions.Poll.IsGiven(result),
            WindowSizeKb = CliOptions.WindowSize.Read(result, errors),
            ConnectTimeout = CliOptions.ConnectTimeout.Read(result, errors),
            AttemptTimeout = CliOptions.AttemptTimeout.Read(result, errors),
            IdleTimeout = CliOptions.IdleTimeout.Read(result, errors),
            HalfCloseTimeout = CliOptions.HalfCloseTimeout.Read(result, errors),
            Lifetime = CliOptions.Lifetime.Read(result, errors),
            MaxSessions = CliOptions.MaxSessions.Read(result, errors),
            Balancer = CliOptions.Balancer.Read(result, errors),
            MaxConnectionsPerEndpoint = CliOptions.MaxConnectionsPerEndpoint.Read(result, errors),
            MaxWaiters = CliOptions.MaxWaiters.Read(result, errors),
            MinConnections = CliOptions.MinConnections.Read(result, errors),
            SlowStart = CliOptions.SlowStart.Read(result, errors),
            FailFast = CliOptions.FailFast.Read(result, errors)!,
            Retries = CliOptions.Retries.Read(result, errors),
            ActiveCheck = CliOptions.ActiveCheck.Read(result, errors),
            CheckSend = CliOptions.CheckSend.Read(result, errors),
            CheckExpect = CliOptions.CheckExpect.Read(result, errors),
            Transport = CliOptions.Transport.Read(result, errors),
            Loops = CliOptions.Loops.Read(result, errors),
            Grace = CliOptions.Grace.Read(result, errors),
            Stats = CliOptions.Stats.Read(result, errors),
        };
        if (errors.Count == 0 && settings.ActiveCheck == Timeout.InfiniteTimeSpan && !(settings.CheckSend.IsEmpty && settings.CheckExpect.IsEmpty))
        {
            errors.Add("--check-send and --check-expect mean nothing without --active-check; expected --active-check <DURATION> too");
        }

        return errors.Count == 0 ? new ParsedCommandLine.Run(settings) : new ParsedCommandLine.Wrong(errors);
    }

    private static Command Build()
    {
        var command = new Command("linkerd-tcp") { TargetArgument };
        foreach (var option in All)
        {
            command.Options.Add(option.Symbol);
        }

        return command;
    }

    // The library drops empty tokens and takes the next one for the value, and the value of a flag for the target.
    private static IEnumerable<string> FindTokenErrors(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            var equals = args[i].StartsWith('-') ? args[i].IndexOf('=', StringComparison.Ordinal) : -1;
            if (args[i].Length == 0)
            {
                yield return i > 0 && args[i - 1].StartsWith('-')
                    ? $"{args[i - 1]} '': expected a value that is not empty"
                    : "an argument is empty; expected <TARGET>, a name such as /svc/foo";
            }
            else if (equals > 0 && Array.Exists(Flags, flag => flag.LongName == args[i][..equals]))
            {
                yield return $"{args[i]}: {args[i][..equals]} takes no value";
            }
            else if (equals == args[i].Length - 1)
            {
                yield return $"{args[i][..equals]} '': expected a value that is not empty";
            }
        }
    }

    private static Target? ReadTarget(ParseResult result, List<string> errors)
    {
        var tokens = result.GetResult(TargetArgument)?.Tokens.Select(token => token.Value).ToList() ?? [];
        var unknown = tokens.FindAll(token => token.StartsWith('-'));
        foreach (var token in unknown)
        {
            var name = token.Split('=')[0];
            var meant = Suggestion.Find(name, All.Select(option => option.LongName));
            errors.Add($"unknown option '{name}'" + (meant is null ? string.Empty : $"; did you mean {meant}?"));
        }

        if (unknown.Count > 0)
        {
            return null;
        }

        if (tokens.Count != 1)
        {
            errors.Add(tokens.Count == 0
                ? "<TARGET> is missing; expected a name such as /svc/foo or /$/inet/127.0.0.1/8080"
                : $"unexpected '{tokens[1]}' after <TARGET> '{tokens[0]}'; expected one target (quote it where it has blanks)");
            return null;
        }

        try
        {
            return TargetText.Parse(tokens[0]);
        }
        catch (InvalidValueException error)
        {
            errors.Add($"<TARGET> '{tokens[0]}': {error.Message}");
            return null;
        }
    }
}
