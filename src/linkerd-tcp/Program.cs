using Linkerd.Tcp;
using Linkerd.Tcp.Cli;

switch (CommandLineParser.Parse(args))
{
    case ParsedCommandLine.ShowHelp:
        Console.Out.Write(HelpText.Full());
        return ExitCode.Success;

    case ParsedCommandLine.ShowVersion:
        Console.Out.Write(HelpText.Version + '\n');
        return ExitCode.Success;

    case ParsedCommandLine.Run run:
        return await RunAsync(run.Settings).ConfigureAwait(false);

    case ParsedCommandLine.Wrong wrong:
        foreach (var error in wrong.Errors)
        {
            Console.Error.Write($"error: {error}\n");
        }

        Console.Error.Write($"\n{HelpText.Usage}\n\nFor more information try --help\n");
        return ExitCode.Usage;

    default:
        return ExitCode.Failure;
}

static async Task<int> RunAsync(ProxySettings settings)
{
    var directives = LogDirectivesParser.FromEnvironment(Environment.GetEnvironmentVariable);
    foreach (var warning in directives.Warnings)
    {
        Console.Error.Write($"warning: {warning}\n");
    }

    using var loggerFactory = StandardErrorLogging.Create(directives, TimeProvider.System);
    using var signals = new TerminationSignals();
    try
    {
        return await new ProxyRunner(settings, loggerFactory, TimeProvider.System).RunAsync(signals).ConfigureAwait(false);
    }
    catch (Exception error) when (error is TransportException or PlatformNotSupportedException)
    {
        // Not through the log: it may be turned off, and without this nobody would know why nothing runs.
        Console.Error.Write($"error: {error.Message}\n");
        return ExitCode.Failure;
    }
}
