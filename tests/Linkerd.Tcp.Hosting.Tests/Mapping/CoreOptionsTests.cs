using System.Collections;
using System.Net;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Hosting.Mapping;
using Linkerd.Tcp.Hosting.Running;
using Linkerd.Tcp.Hosting.Values;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Sessions;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Hosting.Tests;

public sealed class CoreOptionsTests
{
    // Without a namer of its own the embedded interpreter refuses names that lead nowhere.
    private static readonly ConfigurationTable Table =
        new(new InterpreterKinds([new NamerKind("my.namer", static _ => new ResolverNamer(DstPath.Parse("/#/my.namer"), new StaticResolver()))]));

    // The label is in messages alone; grace, statistics and the watch of the file are for whoever runs the host.
    private static readonly string[] Elsewhere = ["label", "graceSecs", "statsIntervalSecs", "watchConfig"];

    // Neither the admin server nor the access log is Core's: their own tests have their options.
    public static TheoryData<string> Options => [.. Table.Options.Where(static option => option.ModelType != typeof(AccessLogConfiguration) && option.ModelType != typeof(AdminConfiguration)).Select(NameOf).Where(static name => !Elsewhere.Contains(name.Split(' ')[1]))];

    [Theory]
    [MemberData(nameof(Options))]
    public void Map_EachOptionChanged_ChangesWhatCoreIsGiven(string name)
    {
        var option = Table.Options.Single(option => NameOf(option) == name);
        Assert.Contains(Enumerable.Range(0, 200), seed => TryChange(option, seed, out var changed) && Dump(changed, option) != Dump(Base(option), option));
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Map_EachDefaultSaid_IsAsIfNothingWasSaid(string name)
    {
        var option = Table.Options.Single(option => NameOf(option) == name);
        if (option.Default == "required" || option.Default.Contains(' ') || option is { IsRepeated: true })
        {
            return;
        }

        var configuration = Empty();
        var model = PartOf(configuration, option);
        if (option.Argument is null)
        {
            option.Parse(model, option.Default);
        }
        else
        {
            option.ParseArgument(model, option.Default);
        }

        var nothing = Empty();
        _ = PartOf(nothing, option);
        Assert.Equal(Dump(nothing, option), Dump(configuration, option));
    }

    [Fact]
    public void Proxy_TheDefaults_AreCores()
    {
        var options = CoreOptions.Proxy(Empty(), Empty().Routers[0].Servers, static _ => DstPath.Parse("/svc/web"), TlsProviderKind.Auto);
        var core = new TcpProxyOptions { Listeners = [] };
        var listener = Assert.Single(options.Listeners);
        Assert.Equal((Describe(core.Duplex), Describe(core.Tcp)), (Describe(listener.Duplex!), Describe(options.Tcp)));
        Assert.Equal((ConnectOptions.DefaultConnectTimeout, core.AbortOnClose), (listener.ConnectTimeout, listener.AbortOnClose));
        var destination = CoreOptions.Destination(new ClientSettings(), new StaticResolver(), false, TlsProviderKind.Auto);
        var expected = new DestinationOptions { Resolver = destination.Resolver, Connect = new ConnectOptions() };
        Assert.Equal(Describe(expected), Describe(destination));
    }

    // The fields of version 2 that hold for all names do no harm to the names that have version 1, or no header.
    [Fact]
    public void Destination_HeadersByPrefix_AreMerged()
    {
        var client = new ClientConfiguration
        {
            Global = new ClientSettings { SendProxy = SendProxyVersion.V2, SendProxyChecksum = true, SendProxyUniqueId = true, SendProxyAlpn = false },
            Configs = [new ClientSettings { Prefix = DstPath.Parse("/svc/old"), SendProxy = SendProxyVersion.V1 }, new ClientSettings { Prefix = DstPath.Parse("/svc/old/none"), SendProxy = SendProxyVersion.Off }],
        };
        Assert.Equal("{Version: V2, Authority: True, Alpn: False, UniqueId: True, Checksum: True}", HeaderOf("/svc/new"));
        Assert.Equal("{Version: V1, Authority: True, Alpn: False, UniqueId: False, Checksum: False}", HeaderOf("/svc/old"));
        Assert.Equal(ModelGenerator.Print(null), HeaderOf("/svc/old/none"));

        string HeaderOf(string name) =>
            Describe(CoreOptions.Destination(client.For(DstPath.Parse(name)), new StaticResolver(), false, TlsProviderKind.Auto).SendProxy);
    }

    [Fact]
    public void Server_TlsConfiguration_HasTheDefaultIdentityFirstAndRequiresCertificatesWithRoots()
    {
        var tls = CoreTlsOptions.Server(new ServerTlsConfiguration
        {
            DefaultIdentity = new IdentityConfiguration { Certs = ["default.pem"], PrivateKey = "default.key", PassphraseFile = "" },
            Identities = new Dictionary<string, IdentityConfiguration> { ["a"] = new() { Certs = ["a.pfx"], PrivateKey = "", PassphraseFile = "a.txt" } },
            TrustCerts = ["ca.pem"],
        }, TlsProviderKind.Auto);
        Assert.Equal([("default.pem", "default.key", null), ("a.pfx", null, "a.txt")], tls.Certificates.Select(static files => (files.CertificateFile, files.KeyFile, files.PassphraseFile)));
        Assert.Equal(ClientCertificateMode.Require, tls.ClientCertificates);
        Assert.Equal(ClientCertificateMode.None, CoreTlsOptions.Server(new ServerTlsConfiguration { DefaultIdentity = new IdentityConfiguration { Certs = ["default.pem"] } }, TlsProviderKind.Auto).ClientCertificates);
    }

    [Fact]
    public void Tls_OptionsThatNeedOpenSsl_ReachCoreWithTheProvider()
    {
        var server = CoreTlsOptions.Server(
            new ServerTlsConfiguration
            {
                DefaultIdentity = new IdentityConfiguration { Certs = ["a.pem"], OcspFile = "a.der" },
                Identities = new Dictionary<string, IdentityConfiguration> { ["b"] = new() { Certs = ["b.pem"], OcspFile = "" } },
                CrlFiles = ["ca.crl"],
                Groups = ["X25519"],
                SignatureAlgorithms = ["ed25519"],
                CipherSuites = ["TLS_AES_128_GCM_SHA256"],
                TicketKeyFile = "tickets.key",
                TicketCount = 1,
                TicketLifetime = TimeSpan.FromMinutes(1),
            },
            TlsProviderKind.OpenSsl);
        Assert.Equal(["a.der", null], server.Certificates.Select(static files => files.OcspFile));
        Assert.Equal(["ca.crl", "X25519", "ed25519", "TLS_AES_128_GCM_SHA256"], [.. server.CrlFiles, .. server.Groups, .. server.SignatureAlgorithms, .. server.CipherSuites]);
        Assert.Equal((TlsProviderKind.OpenSsl, "tickets.key", 1, TimeSpan.FromMinutes(1)), (server.Provider, server.TicketKeyFile, server.TicketCount, server.TicketLifetime));

        var settings = new ClientSettings { Tls = true, TlsCrlFiles = ["ca.crl"], TlsGroups = ["X25519"], TlsSignatureAlgorithms = ["ed25519"], TlsCipherSuites = ["TLS_AES_128_GCM_SHA256"] };
        var client = CoreTlsOptions.Client(settings, TlsProviderKind.DotNet)!;
        Assert.Equal(TlsProviderKind.DotNet, client.Provider);
        Assert.Equal(["ca.crl", "X25519", "ed25519", "TLS_AES_128_GCM_SHA256"], [.. client.CrlFiles, .. client.Groups, .. client.SignatureAlgorithms, .. client.CipherSuites]);
    }

    // What a file leaves out is what Core has.
    [Fact]
    public void Tls_Defaults_AreThoseOfCore()
    {
        var server = CoreTlsOptions.Server(new ServerTlsConfiguration { DefaultIdentity = new IdentityConfiguration { Certs = ["a.pem"] } }, TlsProviderKind.Auto);
        Assert.Equal((new ListenerTlsOptions().TicketCount, new ListenerTlsOptions().TicketLifetime, (string?)null), (server.TicketCount, server.TicketLifetime, server.TicketKeyFile));
    }

    // As in the original, whose configuration has no switch.
    [Fact]
    public void Client_SettingThatDecidesWhomToTrust_TurnsTlsOn()
    {
        Assert.All(
            (ClientSettings[])[new() { TlsDnsName = "a" }, new() { TlsTrustCerts = ["ca.pem"] }, new() { TlsNames = ["a"] }, new() { TlsCert = "c.pem" }, new() { TlsDisableValidation = true }, new() { Tls = true }],
            static settings => Assert.NotNull(CoreTlsOptions.Client(settings, TlsProviderKind.Auto)));
        Assert.All(
            (ClientSettings[])[new(), new() { TlsDnsName = "" }, new() { TlsTrustCerts = [] }, new() { TlsDisableValidation = false }, new() { Tls = false, TlsDnsName = "a" }],
            static settings => Assert.Null(CoreTlsOptions.Client(settings, TlsProviderKind.Auto)));
    }

    [Fact]
    public void Destination_TlsByPrefix_IsMerged()
    {
        var client = new ClientConfiguration
        {
            Global = new ClientSettings { TlsDnsName = "{2}.example.com", TlsTrustCerts = ["ca.pem"], TlsAlpnProtocols = ["h2"] },
            Configs =
            [
                new ClientSettings { Prefix = DstPath.Parse("/svc/system"), TlsTrustCerts = [], TlsAlpnProtocols = ["{alpn}"], TlsMinVersion = TlsVersion.Tls13, TlsTruncation = TlsTruncation.Fin },
                new ClientSettings { Prefix = DstPath.Parse("/svc/system/plain"), Tls = false },
            ],
        };
        var web = TlsOf("/svc/web")!;
        Assert.Equal(("{2}.example.com", "ca.pem", "h2", false, TlsVersion.Tls12), (web.ServerName, Assert.Single(web.RootFiles), Assert.Single(web.ApplicationProtocols), web.UseClientApplicationProtocol, web.MinimumVersion));
        var system = TlsOf("/svc/system")!;
        Assert.Equal(("{2}.example.com", true, TlsVersion.Tls13, TlsTruncation.Fin), (system.ServerName, system.UseClientApplicationProtocol, system.MinimumVersion, system.Truncation));
        Assert.Empty(system.RootFiles);
        Assert.Empty(system.ApplicationProtocols);
        Assert.Null(TlsOf("/svc/system/plain"));

        ServerTlsOptions? TlsOf(string name) => CoreOptions.Destination(client.For(DstPath.Parse(name)), new StaticResolver(), false, TlsProviderKind.Auto).Tls;
    }

    [Fact]
    public void Proxy_EverythingWithTls_ReachesCoreTogether()
    {
        var configuration = Empty();
        var server = configuration.Routers[0].Servers[0];
        server.Tls = new ServerTlsConfiguration { DefaultIdentity = new IdentityConfiguration { Certs = ["default.pem"] } };
        server.AcceptProxy = new(IPNetwork.Parse("10.0.0.0/8"));
        var listener = Assert.Single(CoreOptions.Proxy(configuration, [server], static _ => DstPath.Parse("/svc/web"), TlsProviderKind.Auto).Listeners);
        Assert.True(listener is { Tls: not null, AcceptProxy: not null });
        var settings = new ClientSettings { Tls = true, SendProxy = SendProxyVersion.V2, CheckInterval = TimeSpan.FromSeconds(1), MinConnections = 3 };
        Assert.True(CoreOptions.Destination(settings, new StaticResolver(), false, TlsProviderKind.Auto) is { Tls: not null, SendProxy: not null, Check: not null, Preconnect.Connections: 3 });
    }

    [Fact]
    public void Proxy_RoutesWithoutATarget_AreRulesAndTreesHaveNames()
    {
        var configuration = Empty();
        var server = configuration.Routers[0].Servers[0];
        server.DstName = null;
        server.SniRoutes =
        [
            new SniRouteConfiguration { Pattern = "*.example.com", DstName = SniRouteText.ParseTarget("/svc/{1}") },
            new SniRouteConfiguration { Pattern = "www.example.com", DstName = SniRouteText.ParseTarget("web:80") },
            new SniRouteConfiguration { Pattern = "*.example.com,alpn=h2", DstName = SniRouteText.ParseTarget("9 * /svc/a & 1 * /svc/b") },
        ];
        var targets = NamedTarget.Of(configuration.Routers[0].Servers);
        Assert.Equal(["/svc/x", "/$/inet/web/80", "/target"], targets.Select(static target => target.Name.ToString()));
        var listener = Assert.Single(CoreOptions.Proxy(configuration, [server], tree => targets.First(target => target.Tree.Equals(tree)).Name, configuration.TlsProvider).Listeners);
        Assert.Null(listener.Destination);
        Assert.Equal(
            ["*.example.com=/svc/{1}", "www.example.com=/$/inet/web/80", "*.example.com,alpn=h2=/target"], listener.ServerNameRules.Select(static rule => rule.ToString()));
    }

    private static string NameOf(ConfigurationOption option) => $"{option.ModelType.Name} {option.Key ?? "--" + option.Argument}";

    // What options that mean nothing alone need beside them is there.
    private static ProxyConfiguration Base(ConfigurationOption option)
    {
        var configuration = Empty();
        configuration.Routers[0].Servers[0].AcceptRate = 5;
        configuration.Routers[0].Servers[0].AcceptProxy = option.Key == "acceptProxy.untrusted" ? new(IPNetwork.Parse("10.0.0.0/8")) : null;
        configuration.Routers[0].Client.Global.SendProxy = SendProxyVersion.V2;
        configuration.Routers[0].Client.Global.CheckInterval = TimeSpan.FromSeconds(3);
        if (option.Key == "tlsProvider" || option.Key?.StartsWith("tls.", StringComparison.Ordinal) == true)
        {
            (configuration.Routers[0].Client.Global.Tls, configuration.Routers[0].Client.Global.TlsCert) = (true, "client.pem");
        }

        configuration.Routers[0].Client.Configs = option.Key == "prefix" ? [new ClientSettings { Prefix = DstPath.Parse("/svc"), MaxWaiters = 77 }] : [];
        return configuration;
    }

    private static ProxyConfiguration Empty() => new()
    {
        Routers = [new RouterConfiguration { Servers = [new ServerConfiguration { Port = 1, DstName = NameTree.Parse("/svc/web") }] }],
    };

    private static bool TryChange(ConfigurationOption option, int seed, out ProxyConfiguration configuration)
    {
        configuration = Base(option);
        var model = PartOf(configuration, option);
        var other = new ModelGenerator(Table, seed).Make(option.ModelType);
        if (other is LocalInterpreterConfiguration local)
        {
            local.Namers = [new FileNamerConfiguration { RootDir = Path.GetTempPath() }];
        }

        var text = option.Key is null ? option.PrintArgument(other) : option.Print(other);
        if (text is null)
        {
            return false;
        }

        if (option.Key is null)
        {
            option.ParseArgument(model, text);
        }
        else
        {
            option.Parse(model, text);
        }

        return true;
    }

    private static object PartOf(ProxyConfiguration configuration, ConfigurationOption option)
    {
        var router = configuration.Routers[0];
        if (option.Key == "prefix")
        {
            return router.Client.Configs is [var first, ..] ? first : new ClientSettings();
        }

        if (option.ModelType == typeof(StaticInterpreterConfiguration))
        {
            router.Interpreter = new StaticInterpreterConfiguration { Addrs = [new IPEndPoint(IPAddress.Loopback, 80)] };
        }

        if (option.ModelType == typeof(FileNamerConfiguration))
        {
            router.Interpreter = new LocalInterpreterConfiguration { Namers = [new FileNamerConfiguration { RootDir = "/" }] };
        }

        var server = router.Servers[0];
        if (option.ModelType == typeof(IdentityConfiguration) || option.ModelType == typeof(ServerTlsConfiguration))
        {
            // Two identities, of which one is changed.
            var other = new IdentityConfiguration { Certs = ["other.pem"] };
            server.Tls ??= new ServerTlsConfiguration { DefaultIdentity = new IdentityConfiguration { Certs = ["default.pem"] }, Identities = new Dictionary<string, IdentityConfiguration> { ["other"] = other } };
            return option.ModelType == typeof(ServerTlsConfiguration) ? server.Tls : server.Tls.Identities["other"];
        }

        if (option.ModelType == typeof(SniRouteConfiguration))
        {
            server.SniRoutes = server.SniRoutes is [] ? [new SniRouteConfiguration { Pattern = "*.example.org", DstName = SniRouteText.ParseTarget("/svc/org") }] : server.SniRoutes;
            return server.SniRoutes[0];
        }

        return new object[] { configuration, router, server, router.Client.Global, router.Interpreter, router.Interpreter is LocalInterpreterConfiguration { Namers: [var namer] } ? namer : router }
            .First(part => part.GetType() == option.ModelType);
    }

    private static string Dump(ProxyConfiguration configuration, ConfigurationOption option)
    {
        var router = configuration.Routers[0];
        var targets = NamedTarget.Of(router.Servers);
        var resolver = option.ModelType.IsAssignableTo(typeof(InterpreterConfiguration)) || option.ModelType == typeof(FileNamerConfiguration)
            ? Table.Interpreters.Get(router.Interpreter.Kind).Create(router.Interpreter, new NamingContext(targets, NullLoggerFactory.Instance, TimeProvider.System)).Scope : "";
        var remembering = router.StateDirectory is null ? "" : RouterNaming.Remembering(new NamingServices(new StaticResolver()) { Scope = "" }, router, targets, NullLoggerFactory.Instance, TimeProvider.System).ToString();
        var name = targets[0].Name;
        var destination = CoreOptions.Destination(router.Client.For(name), new StaticResolver(), false, configuration.TlsProvider);
        return string.Join('\n', resolver, remembering, Describe(CoreOptions.Transport(configuration)), Describe(CoreOptions.Registry(configuration)), Describe(CoreOptions.Proxy(configuration, router.Servers, tree => targets.First(target => target.Tree.Equals(tree)).Name, configuration.TlsProvider)), Describe(destination));
    }

    // All properties, at every depth.
    private static string Describe(object? value) => value switch
    {
        null or string or IFormattable or IPAddress or EndPoint or DstPath or ClientNetworks or Delegate or TimeProvider or Random or ReadOnlyMemory<byte> or bool => ModelGenerator.Print(value),
        IResolver => "a resolver",
        ServerNameRule => value.ToString()!,
        IEnumerable list => "[" + string.Join(", ", list.Cast<object>().Select(Describe)) + "]",
        _ => "{" + string.Join(", ", value.GetType().GetProperties().Select(property => $"{property.Name}: {Describe(property.GetValue(value))}")) + "}",
    };
}
