using System.Net;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Tests.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

/// <summary>Options of TLS that are used, and warned of.</summary>
public sealed class TlsWarningTests
{
    private const int PreconnectsOff = 3006;
    private const int Unverified = 3007;
    private readonly LogRecorder _log = new();
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task SkipVerification_ThousandsOfDestinations_IsWarnedOfOnceInAWhile()
    {
        await using var registry = NewRegistry(new ServerTlsOptions { SkipVerification = true });
        for (var i = 0; i < 2000; i++)
        {
            registry.Get(DstPath.Parse($"/svc/{i}"));
        }

        Assert.StartsWith("/svc/0: the certificates of servers are NOT VERIFIED", Assert.Single(_log.Entries, static entry => entry.Id == Unverified).Message, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromSeconds(11));
        registry.Get(DstPath.Parse("/svc/last"));
        Assert.EndsWith("(1999 like this not shown)", _log.Entries.Last(static entry => entry.Id == Unverified).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SkipVerification_OptionsAreApplied_IsWarnedOfIfItIsNew()
    {
        await using var registry = NewRegistry(new ServerTlsOptions());
        var destination = registry.Get(DstPath.Parse("/svc/web"));
        Assert.Equal(0, _log.Count(Unverified));
        destination.Configure(Options(new ServerTlsOptions { SkipVerification = true }));
        Assert.Equal(1, _log.Count(Unverified));
        _time.Advance(TimeSpan.FromSeconds(60));
        destination.Configure(Options(new ServerTlsOptions { SkipVerification = true, MinimumVersion = TlsVersion.Tls13 }));
        Assert.Equal(1, _log.Count(Unverified));
    }

    [Theory]
    [InlineData("{sni}", false, 1)]
    [InlineData("{1}.example.com", false, 0)]
    [InlineData("web.example.com", true, 1)]
    public async Task Preconnect_TlsThatDependsOnTheClient_IsOffWithAWarning(string name, bool usesProtocol, int warnings)
    {
        var options = Options(new ServerTlsOptions { ServerName = name, UseClientApplicationProtocol = usesProtocol });
        options.Preconnect = new PreconnectOptions { Connections = 3 };
        await using var registry = new DestinationRegistry(_ => options, _log, timeProvider: _time);
        var destination = registry.Get(DstPath.Parse("/svc/web"));
        Assert.Equal((warnings, warnings == 0), (_log.Count(PreconnectsOff), destination.Preconnects.AreWanted));
    }

    private static DestinationOptions Options(ServerTlsOptions tls) => new() { Resolver = new StaticResolver(new IPEndPoint(IPAddress.Loopback, 1)), Tls = tls };

    private DestinationRegistry NewRegistry(ServerTlsOptions tls) => new(_ => Options(tls), _log, timeProvider: _time);
}
