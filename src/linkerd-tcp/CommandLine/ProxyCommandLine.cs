using System.CommandLine;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.CommandLine;

/// <summary>Reads the command line of the proxy into the configuration model.</summary>
internal static class ProxyCommandLine
{
    private static readonly CommandSyntax Syntax = new(
        HelpText.Usage, [.. CliOptions.Flags, CliOptions.ConfigFile, .. CliOptions.Proxy], "<TARGET>", "a name such as /svc/foo, or an address such as 127.0.0.1:8080");

    private static readonly CliOption Admin = CliOptions.Find("admin");

    private static readonly CliOption Listen = CliOptions.Proxy.Single(static option => option.Row.IsRepeated && option.Row.ModelType == typeof(ServerConfiguration));

    /// <summary>Parses it; never throws for its content.</summary>
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
            : CliOptions.ConfigFile.IsGiven(result) ? ConfigurationCommandLine.Read(result, Syntax)
            : Read(result);
    }

    private static ParsedCommandLine Read(ParseResult result)
    {
        var errors = new List<string>();
        var routes = TlsReader.ReadRoutes(result, errors);
        var target = Syntax.ReadArgument(result, errors, OptionTypes.Target.ParseArgument, isRequired: !TlsReader.HasRoutes(result));
        var targets = routes.Select(static route => ($"--sni-route '{route.Pattern}={route.DstName}'", route.DstName!.Tree)).ToList();
        if (target is not null)
        {
            targets.Insert(0, ($"{Syntax.ArgumentName} '{target}'", target));
        }

        var tls = TlsReader.Read(result, errors);
        var router = new RouterConfiguration
        {
            Interpreter = NamingReader.Read(result, targets, errors),
            Servers = ReadServers(result, () => new ServerConfiguration { DstName = target, SniRoutes = routes, Tls = tls }, errors),
        };
        var configuration = new ProxyConfiguration { Routers = [router], Admin = Admin.IsGiven(result) ? new AdminConfiguration() : null };
        var accessLog = new AccessLogConfiguration();
        object[] models = [.. router.Servers, configuration, router, router.Client.Global, accessLog, configuration.Admin ?? new()];
        foreach (var option in CliOptions.Proxy.Where(static option => !option.Row.IsRepeated))
        {
            option.Write(result, errors, models.Where(option.Row.ModelType.IsInstanceOfType));
        }

        configuration.AccessLog = string.IsNullOrEmpty(accessLog.Path) ? null : accessLog;
        if (errors.Count == 0 && configuration.AccessLog is null && CliOptions.Find("access-log-format").IsGiven(result))
        {
            errors.Add("--access-log-format means nothing without an access log; expected --access-log <FILE|-> too");
        }

        if (configuration.Admin is null)
        {
            errors.AddRange(CliOptions.Proxy.Where(option => option != Admin && option.Row.ModelType == typeof(AdminConfiguration) && option.IsGiven(result))
                .Select(static option => $"{option.LongName} means nothing without an admin server; expected {Admin.Usage} too"));
        }

        foreach (var twice in router.Servers.Where(static server => server.Port > 0).GroupBy(Listen.Row.PrintArgument).Where(static same => same.Count() > 1))
        {
            errors.Add($"--listen-addr {twice.Key} is given {twice.Count()} times; expected each address once");
        }

        var client = router.Client.Global;
        if (errors.Count == 0 && client is { CheckInterval: null or { Ticks: < 0 } } and not { CheckSend: null or { IsEmpty: true }, CheckExpect: null or { IsEmpty: true } })
        {
            errors.Add("--check-send and --check-expect mean nothing without --active-check; expected --active-check <DURATION> too");
        }

        if (errors.Count == 0 && client is { HashBalanceFactor: > 0, Balancer: not BalancerKind.Maglev })
        {
            errors.Add("--hash-balance-factor means nothing without hashing; expected --balancer maglev too");
        }

        if (errors.Count == 0)
        {
            TlsReader.Check(result, router, errors);
        }

        return errors.Count == 0 ? new ParsedCommandLine.Run(configuration) : new ParsedCommandLine.Wrong(errors, Syntax.Usage);
    }

    private static List<ServerConfiguration> ReadServers(ParseResult result, Func<ServerConfiguration> make, List<string> errors)
    {
        var servers = new List<ServerConfiguration>();
        foreach (var text in Listen.Texts(result, errors).DefaultIfEmpty(Listen.Row.Default))
        {
            var server = make();
            Listen.Write(text, errors, server);
            servers.Add(server);
        }

        return servers;
    }
}
