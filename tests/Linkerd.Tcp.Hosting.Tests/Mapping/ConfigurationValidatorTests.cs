using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Hosting.Mapping;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Hosting.Tests;

public sealed class ConfigurationValidatorTests
{
    private static readonly ConfigurationTable Table = new(new InterpreterKinds());

    [Fact]
    public void Validate_AccessLog_NeedsAFileAndValuesInRange()
    {
        var router = new RouterConfiguration { Servers = [new ServerConfiguration { Port = 80, DstName = NameTree.Parse("/svc/web") }] };
        var errors = ErrorsOf(new ProxyConfiguration { Routers = [router], AccessLog = new AccessLogConfiguration { Sample = 0, Interval = TimeSpan.FromMilliseconds(1), Format = (AccessLogFormat)9 } });
        Assert.Equal(["accessLog.format", "accessLog.sample", "accessLog.intervalSecs", "accessLog.path"], errors.Select(static error => error.Path));
    }

    [Fact]
    public void Validate_ManyErrors_AreAllThereWithTheirPaths()
    {
        var errors = ErrorsOf(new ProxyConfiguration
        {
            Loops = 0,
            Routers =
            [
                new RouterConfiguration
                {
                    Servers = [new ServerConfiguration { Port = 80 }, new ServerConfiguration { DstName = NameTree.Parse("/svc/web"), AcceptBurst = 1 }],
                    Interpreter = new LocalInterpreterConfiguration { Namers = [null!] },
                    Client = new ClientConfiguration
                    {
                        Global = new ClientSettings { Retries = -1, CheckSend = "PING"u8.ToArray() },
                        Configs = [new ClientSettings { Prefix = DstPath.Parse("/svc"), HashBalanceFactor = 125 }],
                    },
                },
                new RouterConfiguration { Servers = [new ServerConfiguration { Port = 80, DstName = NameTree.Parse("/svc/web") }], Interpreter = new Unknown(), Client = null! },
            ],
        });
        Assert.Equal(
            [
                "loops", "routers[0].interpreter.namers[0]", "routers[0].servers[0].dstName", "routers[0].servers[1].port", "routers[0].servers[1].acceptBurst", "routers[0].client.retries",
                "routers[0].client.activeCheck", "routers[0].client.configs[0].hashBalanceFactor", "routers[1].interpreter.kind", "routers[1].client", "routers", "routers",
            ],
            errors.Select(static error => error.Path));
        Assert.Equal("there is no interpreter kind 'unknown'; known are default, io.l5d.static", errors[8].Message);
        Assert.Equal("another label for each router was expected, not 'default' for 2.", errors[10].Message);
        Assert.Equal("another address for each server was expected, not 127.0.0.1 with port 80 for 2.", errors[11].Message);
    }

    [Fact]
    public void Validate_HashingThatAPrefixAdds_IsFine() => Assert.Null(Record.Exception(() => Validate(new ProxyConfiguration
    {
        Routers =
        [
            new RouterConfiguration
            {
                Servers = [new ServerConfiguration { Port = 0, DstName = NameTree.Parse("/svc/web") }],
                Client = new ClientConfiguration
                {
                    Global = new ClientSettings { Balancer = BalancerKind.Maglev },
                    Configs = [new ClientSettings { Prefix = DstPath.Parse("/svc"), HashBalanceFactor = 125 }],
                },
            },
        ],
    })));

    [Fact]
    public void Validate_HeaderSettingsThatMeanNothing_AreNamed()
    {
        var errors = ErrorsOf(new ProxyConfiguration
        {
            Routers =
            [
                new RouterConfiguration
                {
                    Servers = [new ServerConfiguration { Port = 0, DstName = NameTree.Parse("/svc/web"), AcceptUntrusted = true }],
                    Client = new ClientConfiguration
                    {
                        Global = new ClientSettings { SendProxyUniqueId = true },
                        Configs = [new ClientSettings { Prefix = DstPath.Parse("/svc"), SendProxy = SendProxyVersion.V1, SendProxyChecksum = true, SendProxyAlpn = true }],
                    },
                },
            ],
        });
        Assert.Equal(
            ["routers[0].servers[0].acceptProxy.untrusted", "routers[0].client.sendProxy.uniqueId", "routers[0].client.configs[0].sendProxy.checksum"], errors.Select(static error => error.Path));
        Assert.Equal("acceptProxy.trusted beside it was expected, not off.", errors[0].Message);
        Assert.Equal("sendProxy.version v2 beside it was expected, as nothing else has fields.", errors[1].Message);
    }

    [Fact]
    public void Validate_MorePrefixesThanAllowed_IsOneError()
    {
        var configuration = new ProxyConfiguration
        {
            Routers =
            [
                new RouterConfiguration
                {
                    Servers = [new ServerConfiguration { Port = 0, DstName = NameTree.Parse("/svc/web") }],
                    Client = new ClientConfiguration { Configs = [.. Enumerable.Range(0, 1001).Select(static _ => new ClientSettings { Prefix = DstPath.Parse("/svc") })] },
                },
            ],
        };
        var error = Assert.Single(ErrorsOf(configuration));
        Assert.Equal(("routers[0].client.configs", "at most 1000 prefixes were expected, not 1001."), (error.Path, error.Message));
    }

    [Fact]
    public void Validate_NoRouterAndNoServer_IsNamed()
    {
        Assert.Equal("routers", Assert.Single(ErrorsOf(new ProxyConfiguration())).Path);
        Assert.Equal("routers[0].servers", Assert.Single(ErrorsOf(new ProxyConfiguration { Routers = [new RouterConfiguration()] })).Path);
        Assert.Equal("routers[0].interpreter.addrs", Assert.Single(ErrorsOf(new ProxyConfiguration
        {
            Routers = [new RouterConfiguration { Servers = [new ServerConfiguration { Port = 0, DstName = NameTree.Parse("/a") }], Interpreter = new StaticInterpreterConfiguration() }],
        })).Path);
    }

    [Fact]
    public void InterpreterKinds_TwoOfOneName_AreRefused()
    {
        var kind = new InterpreterKind<Unknown>("mine", "help", [], static () => new Unknown(), static (_, _) => throw new InvalidOperationException());
        Assert.Throws<ArgumentException>(() => new InterpreterKinds(kind, kind));
        Assert.Same(kind, new InterpreterKinds(kind).Get("mine"));
    }

    private static void Validate(ProxyConfiguration configuration) => OptionsValidator.Validated(configuration, static (all, validator) => ConfigurationValidator.Validate(all, Table, validator));

    private static IReadOnlyList<OptionsError> ErrorsOf(ProxyConfiguration configuration) => Assert.Throws<InvalidOptionsException>(() => Validate(configuration)).Errors;

    private sealed class Unknown : InterpreterConfiguration
    {
        public override string Kind => "unknown";
    }
}
