using Linkerd.Tcp.Cli;

switch (CommandLineParser.Parse(args))
{
    case ParsedCommandLine.ShowHelp:
        Console.Out.Write(HelpText.Full());
        return ExitCode.Success;

    case ParsedCommandLine.ShowVersion:
        Console.Out.Write(HelpText.Version + '\n');
        return ExitCode.Success;

    case ParsedCommandLine.Wrong wrong:
        foreach (var error in wrong.Errors)
        {
            Console.Error.Write($"error: {error}\n");
        }

        Console.Error.Write($"\n{HelpText.Usage}\n\nFor more information try --help\n");
        return ExitCode.Usage;

    case ParsedCommandLine.Run run:
        var directives = LogDirectivesParser.FromEnvironment(Environment.GetEnvironmentVariable);
        foreach (var warning in directives.Warnings)
        {
            Console.Error.Write($"warning: {warning}\n");
        }

        using (var loggerFactory = StandardErrorLogging.Create(directives, TimeProvider.System))
        using (var signals = new TerminationSignals())
        {
            return await new ProxyRunner(run.Settings, loggerFactory, TimeProvider.System).RunAsync(signals).ConfigureAwait(false);
        }

    default:
        return ExitCode.Failure;
}
