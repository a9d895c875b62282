using System.CommandLine;

namespace Linkerd.Tcp.Cli;

/// <summary>Reads the command line of the proxy.</summary>
internal static class ProxyCommandLine
{
    private static readonly CommandSyntax Syntax = new(
        HelpText.Usage,
        [.. CliOptions.Flags, .. CliOptions.Original, .. CliOptions.Added],
        "<TARGET>",
        "a name such as /svc/foo, or an address such as 127.0.0.1:8080");

    /// <summary>Reads it; never throws for what it says.</summary>
    public static ParsedCommandLine Parse(string[] args)
    {
        var errors = Syntax.FindTokenErrors(args).ToList();
        if (errors.Count > 0)
        {
            return new ParsedCommandLine.Wrong(errors, Syntax.Usage);
        }

        var result = Syntax.Parse(args);
        return CliOptions.HelpFlag.IsGiven(result) ? new ParsedCommandLine.ShowText(HelpText.Full())
            : CliOptions.VersionFlag.IsGiven(result) ? new ParsedCommandLine.ShowText(HelpText.Version + '\n')
            : Read(result);
    }

    private static ParsedCommandLine Read(ParseResult result)
    {
        var errors = new List<string>();
        var target = Syntax.ReadArgument(result, errors, TargetText.Parse);
        var settings = new ProxySettings
        {
            Naming = NamingReader.Read(result, Syntax.ArgumentName, target, errors),
            StateDirectory = CliOptions.StateDirectory.Read(result, errors),
            Listen = CliOptions.Listen.Read(result, errors),
            WindowSizeKb = CliOptions.WindowSize.Read(result, errors),
            ConnectTimeout = CliOptions.ConnectTimeout.Read(result, errors),
            AttemptTimeout = CliOptions.AttemptTimeout.Read(result, errors),
            IdleTimeout = CliOptions.IdleTimeout.Read(result, errors),
            HalfCloseTimeout = CliOptions.HalfCloseTimeout.Read(result, errors),
            Lifetime = CliOptions.Lifetime.Read(result, errors),
            TcpUserTimeout = CliOptions.TcpUserTimeout.Read(result, errors),
            MaxSessions = CliOptions.MaxSessions.Read(result, errors),
            Backlog = CliOptions.Backlog.Read(result, errors),
            AcceptProxy = CliOptions.AcceptProxy.Read(result, errors),
            SendProxy = CliOptions.SendProxy.Read(result, errors),
            AllowClient = CliOptions.AllowClient.Read(result, errors),
            DenyClient = CliOptions.DenyClient.Read(result, errors),
            Balancer = CliOptions.Balancer.Read(result, errors),
            HashBalance = CliOptions.HashBalanceFactor.Read(result, errors),
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
        foreach (var twice in settings.Listen.Where(static address => address.Port > 0).GroupBy(static address => address).Where(static same => same.Count() > 1))
        {
            errors.Add($"--listen-addr {twice.Key} is given {twice.Count()} times; expected each address once");
        }

        if (errors.Count == 0 && settings.ActiveCheck == Timeout.InfiniteTimeSpan && !(settings.CheckSend.IsEmpty && settings.CheckExpect.IsEmpty))
        {
            errors.Add("--check-send and --check-expect mean nothing without --active-check; expected --active-check <DURATION> too");
        }

        if (errors.Count == 0 && settings.HashBalance.Factor is not null && settings.Balancer != BalancerKind.Maglev)
        {
            errors.Add("--hash-balance-factor means nothing without hashing; expected --balancer maglev too");
        }

        return errors.Count == 0 ? new ParsedCommandLine.Run(settings) : new ParsedCommandLine.Wrong(errors, Syntax.Usage);
    }
}
