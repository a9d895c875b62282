using Linkerd.Tcp;
using Linkerd.Tcp.Cli;

switch (CommandLineParser.Parse(args))
{
    case ParsedCommandLine.ShowText show:
        Console.Out.Write(show.Text);
        return ExitCode.Success;

    case ParsedCommandLine.Run run:
        return await RunAsync(run.Settings).ConfigureAwait(false);

    case ParsedCommandLine.Resolve resolve:
        return await ResolveAsync(resolve.Settings).ConfigureAwait(false);

    case ParsedCommandLine.CheckDtab check:
        return DtabCheckRunner.Run(check.File, Console.In, Console.Out, Console.Error);

    case ParsedCommandLine.Wrong wrong:
        foreach (var error in wrong.Errors)
        {
            Console.Error.Write($"error: {error}\n");
        }

        Console.Error.Write($"\n{wrong.Usage}\n\nFor more information try --help\n");
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

static async Task<int> ResolveAsync(ResolveSettings settings)
{
    // What goes wrong is told once, as the answer; the log of what resolves is for who asks for it.
    var directives = LogDirectivesParser.FromEnvironment(Environment.GetEnvironmentVariable, defaultText: "off");
    using var loggerFactory = StandardErrorLogging.Create(directives, TimeProvider.System);
    using var signals = settings.Watch ? new TerminationSignals() : null;
    var naming = NamingComposition.Create(settings.Naming, loggerFactory, TimeProvider.System);
    await using (naming.ConfigureAwait(false))
    {
        try
        {
            return await new ResolveRunner(settings, naming, TimeProvider.System, Console.Out, Console.Error).RunAsync(signals?.Drain ?? default).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (signals is { Drain.IsCancellationRequested: true })
        {
            return ExitCode.Success;
        }
    }
}
