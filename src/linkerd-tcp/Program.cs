using Linkerd.Tcp.Cli.Checking;
using Linkerd.Tcp.Cli.CommandLine;
using Linkerd.Tcp.Cli.Configuration;
using Linkerd.Tcp.Cli.Logging;
using Linkerd.Tcp.Cli.Primitives;
using Linkerd.Tcp.Cli.Resolving;
using Linkerd.Tcp.Cli.Running;
using Linkerd.Tcp.Cli.Streams;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Transport;

MissingDescriptors.Reserve();
try
{
    return await RunCommandAsync(args).ConfigureAwait(false);
}
catch (OutputException error)
{
    StandardStreams.Error.Write($"error: the standard output cannot be written ({error.Message})\n");
    return ExitCode.Failure;
}

static async Task<int> RunCommandAsync(string[] args)
{
    switch (CommandLineParser.Parse(args))
    {
        case ParsedCommandLine.ShowText show:
            StandardStreams.Output.Write(show.Text);
            return ExitCode.Success;

        case ParsedCommandLine.Run run:
            return await RunAsync(run.Configuration, null, static (path, message) => $"error: {CliOptions.NameOf(path)}: {SecretText.Hide(message)}").ConfigureAwait(false);

        case ParsedCommandLine.RunFile runFile:
            return await RunFileAsync(new ConfigurationSource(runFile.File, runFile.IsWatched)).ConfigureAwait(false);

        case ParsedCommandLine.CheckFile checkFile:
            return ConfigurationCheckRunner.Run(checkFile.File, StandardStreams.Output, StandardStreams.Error);

        case ParsedCommandLine.ShowFile showFile:
            return ConfigurationShowRunner.Run(showFile.File, showFile.IsJson, showFile.ShowSecrets, StandardStreams.Output, StandardStreams.Error);

        case ParsedCommandLine.Resolve resolve:
            return await ResolveAsync(resolve.Settings).ConfigureAwait(false);

        case ParsedCommandLine.CheckDtab check:
            return DtabCheckRunner.Run(check.File, StandardStreams.OpenInput, StandardStreams.Output, StandardStreams.Error);

        case ParsedCommandLine.Wrong wrong:
            foreach (var error in wrong.Errors)
            {
                StandardStreams.Error.Write($"error: {SecretText.Hide(error)}\n");
            }

            StandardStreams.Error.Write($"\n{wrong.Usage}\n\nFor more information try --help\n");
            return ExitCode.Usage;

        default:
            return ExitCode.Failure;
    }
}

static async Task<int> RunFileAsync(ConfigurationSource source)
{
    var read = source.Read();
    WriteWarnings(read.Warnings);
    if (read.Configuration is { } configuration)
    {
        return await RunAsync(configuration, source, read.Describe!).ConfigureAwait(false);
    }

    foreach (var error in read.Errors)
    {
        StandardStreams.Error.Write($"{error}\n");
    }

    return ExitCode.Configuration;
}

static async Task<int> RunAsync(ProxyConfiguration configuration, ConfigurationSource? source, Func<string, string, string> describe)
{
    ControllingTerminal.AllowOutputFromBackground();
    var directives = LogDirectivesParser.FromEnvironment(Environment.GetEnvironmentVariable);
    WriteWarnings(directives.Warnings);
    using var levels = new LogLevels(directives, TimeProvider.System);
    using var loggerFactory = StandardErrorLogging.Create(levels, TimeProvider.System);
    using var signals = TerminationSignals.OfServer(loggerFactory.CreateLogger(LinkerdTcpTelemetry.MeterName));
    try
    {
        return await new ProxyRunner(configuration, source, loggerFactory, levels, TimeProvider.System).RunAsync(signals).ConfigureAwait(false);
    }
    catch (Exception error) when (error is TransportException or PlatformNotSupportedException)
    {
        // Not through the log: it may be turned off, and without this there would be no sign of why nothing runs.
        StandardStreams.Error.Write($"error: {error.Message}\n");
        return ExitCode.Failure;
    }
    catch (InvalidOptionsException invalid)
    {
        foreach (var error in invalid.Errors.Select(error => describe(error.Path, error.Message)).Distinct())
        {
            StandardStreams.Error.Write($"{error}\n");
        }

        return ExitCode.Configuration;
    }
}

static async Task<int> ResolveAsync(ResolveSettings settings)
{
    // An error is reported once, as the answer; the log of the resolver is optional.
    var directives = LogDirectivesParser.FromEnvironment(Environment.GetEnvironmentVariable, defaultText: "off");
    WriteWarnings(directives.Warnings);
    using var levels = new LogLevels(directives, TimeProvider.System);
    using var loggerFactory = StandardErrorLogging.Create(levels, TimeProvider.System);
    using var signals = settings.Watch ? TerminationSignals.OfCommand() : null;
    using var stop = settings.Watch ? CancellationTokenSource.CreateLinkedTokenSource(signals!.Drain, OutputReader.WhenGone()) : new CancellationTokenSource();
    WriteWarnings(settings.Naming.FindUnknownNamers());
    var naming = settings.Naming.Create(loggerFactory, TimeProvider.System);
    await using (naming.ConfigureAwait(false))
    {
        try
        {
            return await new ResolveRunner(settings, naming, TimeProvider.System, StandardStreams.Output, StandardStreams.Error).RunAsync(stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Success;
        }
    }
}

static void WriteWarnings(IEnumerable<string> warnings)
{
    foreach (var warning in warnings)
    {
        StandardStreams.Error.Write($"warning: {warning}\n");
    }
}
