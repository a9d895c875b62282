using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Hosting.Values;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Security;

namespace Linkerd.Tcp.Hosting.Mapping;

/// <summary>Collects all errors of a configuration: values out of an option's range, and values that do not fit together.</summary>
internal static class ConfigurationValidator
{
    private const int MostConfigs = 1000;

    public static void Validate(ProxyConfiguration configuration, ConfigurationTable table, OptionsValidator validator)
    {
        table.Validate(configuration, validator);
        if (configuration.AccessLog is { } accessLog)
        {
            validator.Nested(
                accessLog,
                (log, validator) =>
                {
                    table.Validate(log, validator);
                    validator.NotNull(log.Path, "path");
                },
                nameof(accessLog));
        }

        if (configuration.Admin is { } admin)
        {
            validator.Nested(admin, (admin, validator) => AdminValidator.Validate(admin, table, validator), "admin");
        }

        validator.Expect(configuration.Routers is null or { Count: > 0 }, configuration.Routers, "at least one router", "routers");
        validator.Each(configuration.Routers, (router, validator) => Validate(router, table, validator), "routers");
        foreach (var same in Routers(configuration).GroupBy(static router => router.Label).Where(static same => same.Count() > 1))
        {
            validator.Add($"another label for each router was expected, not '{same.Key}' for {same.Count()}.", "routers");
        }

        var addresses = Routers(configuration).SelectMany(static router => router.Servers ?? []).Where(static server => server is { Port: > 0, Ip: not null });
        foreach (var same in addresses.GroupBy(static server => (server.Ip, server.Port)).Where(static same => same.Count() > 1))
        {
            validator.Add($"another address for each server was expected, not {same.Key.Ip} with port {same.Key.Port} for {same.Count()}.", "routers");
        }

        TlsProviderValidator.Validate(configuration, table, validator, static () => OpenSslLibrary.Problem);
    }

    public static void Validate(DestinationConfiguration destination, ConfigurationTable table, OptionsValidator validator)
    {
        foreach (var option in table.Destination.Options)
        {
            option.Validate(destination, validator);
        }

        validator.NotNull(destination.DstName, "dstName");
        validator.Nested(destination.Interpreter, (interpreter, validator) => Validate(interpreter, table, validator), "interpreter");
        validator.Nested(destination.Client, (client, validator) => Validate(client, table, validator), "client");
        new TlsProviderValidator(table, validator, static () => "a destination without a server connects on no event loop").Validate(destination.Client, "client.");
    }

    private static IEnumerable<RouterConfiguration> Routers(ProxyConfiguration configuration) => (configuration.Routers ?? []).Where(static router => router is not null);

    private static void Validate(RouterConfiguration router, ConfigurationTable table, OptionsValidator validator)
    {
        table.Validate(router, validator);
        validator.NotNull(router.Label, "label");
        validator.Nested(router.Interpreter, (interpreter, validator) => Validate(interpreter, table, validator), "interpreter");
        validator.Expect(router.Servers is null or { Count: > 0 }, router.Servers, "at least one server", "servers");
        validator.Each(router.Servers, (server, validator) => Validate(server, table, validator), "servers");
        validator.Nested(router.Client, (client, validator) => Validate(client, table, validator), "client");
    }

    private static void Validate(InterpreterConfiguration interpreter, ConfigurationTable table, OptionsValidator validator)
    {
        try
        {
            table.Interpreters.Get(interpreter.Kind).Validate(interpreter, validator);
        }
        catch (InvalidValueException error)
        {
            validator.Add(error.Message, "kind");
        }
    }

    private static void Validate(ServerConfiguration server, ConfigurationTable table, OptionsValidator validator)
    {
        table.Validate(server, validator);
        validator.NotNull(server.Ip, "ip");
        validator.NotNull(server.Port, "port");
        validator.Expect(server.DstName is not null || server.SniRoutes is { Count: > 0 }, server.DstName, "a target, or routes beside it,", "dstName");
        validator.Each(server.SniRoutes, (route, validator) => Validate(route, table, validator), "sniRoutes");
        foreach (var same in (server.SniRoutes ?? []).Where(static route => route?.Pattern is not null).GroupBy(static route => route.Pattern).Where(static same => same.Count() > 1))
        {
            validator.Add($"each pattern once was expected, not '{same.Key}' for {same.Count()} routes.", "sniRoutes");
        }

        if (server.Tls is not null)
        {
            validator.Nested(server.Tls, (tls, validator) => TlsValidator.Validate(tls, table, validator), "tls");
        }

        if (server.AcceptBurst is not null && server.AcceptRate is null)
        {
            validator.Add("acceptRate beside it was expected, not null.", "acceptBurst");
        }

        if (server.AcceptUntrusted && server.AcceptProxy is null)
        {
            validator.Add("acceptProxy.trusted beside it was expected, not off.", "acceptProxy.untrusted");
        }
    }

    private static void Validate(SniRouteConfiguration route, ConfigurationTable table, OptionsValidator validator)
    {
        table.Validate(route, validator);
        if (validator.NotNull(route.Pattern, "pattern") & validator.NotNull(route.DstName, "dstName") && SniRouteText.IsPattern(route.Pattern) && SniRouteText.FindProblem(route) is { } problem)
        {
            validator.Add(problem, "dstName");
        }
    }

    private static void Validate(ClientConfiguration client, ConfigurationTable table, OptionsValidator validator)
    {
        if (!validator.NotNull(client.Global, "global") | !validator.NotNull(client.Configs, "configs"))
        {
            return;
        }

        // Settings for all names have the keys of the client itself.
        table.Validate(client.Global, validator);
        Together(client.Global, validator);

        // Each is merged with those before it.
        if (client.Configs.Count > MostConfigs)
        {
            validator.Add(FormattableString.Invariant($"at most {MostConfigs} prefixes were expected, not {client.Configs.Count}."), "configs");
            return;
        }

        var hasGaps = client.Configs.Contains(null!);
        validator.Each(
            client.Configs,
            (settings, validator) =>
            {
                table.Validate(settings, validator);
                if (validator.NotNull(settings.Prefix, "prefix"))
                {
                    Together(settings, validator, hasGaps ? settings : client.For(settings.Prefix));
                }
            },
            "configs");
    }

    // A value that was merged into settings may make them valid.
    private static void Together(ClientSettings said, OptionsValidator validator, ClientSettings? merged = null)
    {
        merged ??= said;
        if (said.HashBalanceFactor > 0 && merged.Balancer != BalancerKind.Maglev)
        {
            validator.Add("balancer maglev beside it was expected, as there is no hashing without.", "hashBalanceFactor");
        }

        if (merged.SendProxy != SendProxyVersion.V2)
        {
            Expect(said.SendProxyUniqueId, "sendProxy.uniqueId");
            Expect(said.SendProxyChecksum, "sendProxy.checksum");
        }

        if ((merged.CheckInterval ?? Timeout.InfiniteTimeSpan) == Timeout.InfiniteTimeSpan && said is not { CheckSend: null or { IsEmpty: true }, CheckExpect: null or { IsEmpty: true } })
        {
            validator.Add("activeCheck.intervalMs beside activeCheck.send and activeCheck.expect was expected, not off.", "activeCheck");
        }

        TlsValidator.Together(said, merged, validator);

        void Expect(bool? isSent, string key)
        {
            if (isSent == true)
            {
                validator.Add("sendProxy.version v2 beside it was expected, as nothing else has fields.", key);
            }
        }
    }
}
