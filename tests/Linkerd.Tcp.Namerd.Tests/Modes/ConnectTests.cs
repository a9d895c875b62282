using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.TestUtilities;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Namerd;

/// <summary>Getting to namerd, or not.</summary>
public sealed class ConnectTests
{
    [Fact]
    public async Task NothingListens_FailsInWordsAndComesUpLater()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await namerd.StopAsync();
        await using var watcher = new Watcher(namerd.BaseAddress);

        var error = await watcher.NextFailsAsync("refused the connection");
        Assert.Equal($"namerd at http://{namerd.EndPoint} refused the connection", error);
        await watcher.Time.WaitForTimerAsync(0.5, 1);
        Assert.Matches("^namerd at http://[0-9.:]+ refused the connection; no endpoints are known yet of /svc/web, trying again in [01].[0-9] s$", Assert.Single(watcher.Log.Of(LogLevel.Warning)));
        await namerd.StartAgainAsync();
        await watcher.PassBackoffAsync();

        await watcher.NextIsAsync(1);
        Assert.Equal([$"namerd at http://{namerd.EndPoint} answers again for /svc/web"], watcher.Log.Of(LogLevel.Information));
    }

    [Fact]
    public async Task RepeatedFailure_IsLoggedOnceInTenSeconds()
    {
        await using var server = RawServer.Answering(NamerdHttp.Thrown);
        await using var watcher = new Watcher(server.BaseAddress);

        foreach (var ceiling in new[] { 1, 2, 4, 8 })
        {
            await watcher.Time.PassTimerAsync(ceiling / 2.0, ceiling);
        }

        await watcher.Time.WaitForTimerAsync(8, 16);
        Assert.InRange(watcher.Log.Of(LogLevel.Warning).Count, 1, 2);
    }

    [Fact]
    public async Task HostDoesNotExist_FailsAndGoesOn()
    {
        await using var watcher = new Watcher(new Uri("http://no-such-host.invalid:4180"));

        await watcher.NextFailsAsync("the host name of namerd at http://no-such-host.invalid:4180 cannot be resolved");
        await watcher.PassBackoffAsync();
    }

    [Fact]
    public async Task ZoneOfNoInterface_FailsAndGoesOn()
    {
        await using var watcher = new Watcher(NamerdAddress.Parse("[fe80::1%no-such-if]:4180"));

        await watcher.NextFailsAsync("the host name of namerd at http://[fe80::1%no-such-if]:4180 cannot be resolved");
        await watcher.PassBackoffAsync();
    }

    [Fact]
    public async Task HostName_IsResolved()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await using var watcher = new Watcher(new Uri($"http://localhost:{namerd.EndPoint.Port}"));

        await watcher.NextIsAsync(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("%lo")]
    public async Task IPv6Literal_Works(string zone)
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6 && CanBind(IPAddress.IPv6Loopback), "this machine has no IPv6");
        Assert.SkipUnless(zone.Length == 0 || OperatingSystem.IsLinux(), "the loopback is called lo on Linux");
        await using var namerd = await NamerdStandIn.StartAsync(IPAddress.IPv6Loopback);
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await using var watcher = new Watcher(NamerdAddress.Parse($"[::1{zone}]:{namerd.EndPoint.Port}"));

        await watcher.NextIsAsync(1);
        Assert.Equal(NamerdAddress.Parse($"[::1]:{namerd.EndPoint.Port}").Authority, namerd.RequestHeaders[0]["Host"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    public async Task BaseAddress_TrailingSlash_DoesNotMatter(string end)
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await using var watcher = new Watcher(new Uri($"http://{namerd.EndPoint}{end}"));

        await watcher.NextIsAsync(1);
        Assert.StartsWith("GET /api/1/resolve/default?", namerd.Requests[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Namespace_IsSentAsItIs()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("a/../b.c", "/svc/web", NameState.Bound.Ports(1));
        await using var watcher = new Watcher(namerd.BaseAddress, change: options => options.With(own => own.Namespace = "a/../b.c"));

        await watcher.NextIsAsync(1);
    }

    [Fact]
    public async Task Request_HasNoHeadersButHost()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await using var watcher = new Watcher(namerd.BaseAddress);

        await watcher.NextIsAsync(1);
        Assert.Equal(["Host"], namerd.RequestHeaders[0].Keys);
    }

    [Fact]
    public async Task Tls_CertificateOfNobody_Fails()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        await using var namerd = await NamerdStandIn.StartAsync(certificate: certificate);
        await using var watcher = new Watcher(namerd.BaseAddress);

        await watcher.NextFailsAsync($"no TLS connection to namerd at {namerd.BaseAddress.GetLeftPart(UriPartial.Authority)} can be made");
    }

    [Fact]
    public async Task Enumeration_Ended_ClosesTheWatch()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await using (var watcher = new Watcher(namerd.BaseAddress))
        {
            await watcher.NextIsAsync(1);
        }

        await namerd.WaitForWatchesAsync(0, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Disposed_EndsItsWatchesAndTakesNoMore()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        var resolver = new NamerdResolver(new NamerdOptions { BaseAddresses = [namerd.BaseAddress] });
        await using var watch = resolver.WatchAsync(DstPath.Parse("/svc/web"), CancellationToken.None).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await watch.MoveNextAsync());

        await resolver.DisposeAsync();
        await resolver.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await watch.MoveNextAsync());
        await using var another = resolver.WatchAsync(DstPath.Parse("/svc/web"), CancellationToken.None).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await another.MoveNextAsync());
    }

    [Fact]
    public async Task BadEntries_AreLoggedOnce()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Of(new StandInAddress("127.0.0.1", 1), new StandInAddress("127.0.0.1", 65536), new StandInAddress("127.0.0.1", 2, -1)));
        await using var watcher = new Watcher(namerd.BaseAddress, NamerdMode.Resolve);

        await watcher.NextIsAsync(1, 2);
        Assert.Matches("of which 1 addresses are left out \\(first: the port of 127.0.0.1 is '65536'.*\\) and 1 weights count as 1", Assert.Single(watcher.Log.Of(LogLevel.Warning)));
    }

    private static bool CanBind(IPAddress address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
