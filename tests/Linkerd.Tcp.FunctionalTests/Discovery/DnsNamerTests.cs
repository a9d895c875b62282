using System.Net;
using Linkerd.Tcp.Dns;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The namers over DNS, against a real server.</summary>
[Trait("Category", "AnyTransport")]
public sealed class DnsNamerTests
{
    [Fact]
    public async Task Dns_HostsChange_AreFollowedWithinTheirTime()
    {
        await using var server = await DnsServer.StartAsync(["127.0.0.1 web.test", "127.0.0.2 web.test", "::1 web.test"]);
        await using var states = Watch(server, "/#/io.l5d.dns/web/80");
        await states.UntilAsync("127.0.0.1:80, 127.0.0.2:80, [::1]:80");

        server.Set("127.0.0.3 web.test");
        await states.UntilAsync("127.0.0.3:80");
        server.Set("127.0.0.4 other.test");
        await states.UntilAsync("negative");
        server.Set("127.0.0.5 web.test");
        await states.UntilAsync("127.0.0.5:80");
    }

    [Fact]
    public async Task Dns_NameDoesNotExist_AlternativeFallsBack()
    {
        await using var server = await DnsServer.StartAsync(["127.0.0.2 backup.test"]);
        await using var states = Watch(server, "/svc/web", "/svc/web => /#/io.l5d.dns/web/80 | /#/io.l5d.dns/backup/80");
        await states.UntilAsync("127.0.0.2:80");

        server.Set("127.0.0.2 backup.test", "127.0.0.1 web.test");
        await states.UntilAsync("127.0.0.1:80");
    }

    [Fact]
    public async Task Dns_ServerIsSilent_IsFailedAndThenRecovers()
    {
        await using var server = await DnsServer.StartAsync(["127.0.0.1 web.test"]);
        await using var states = Watch(server, "/#/io.l5d.dns/web/80");
        await states.UntilAsync("127.0.0.1:80");

        server.Send(Signal.Stop);
        await states.UntilAsync("failed");
        server.Send(Signal.Continue);
        await states.UntilAsync("127.0.0.1:80");
    }

    [Fact]
    public async Task Dns_ServerRefuses_IsFailed()
    {
        await using var server = await DnsServer.StartAsync([]);
        await using var states = Watch(server, "/#/io.l5d.dns/web.elsewhere.example./80");

        Assert.Contains("Refused", (await states.UntilAsync("failed")).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dns_LongTime_IsNotAskedAgain()
    {
        await using var server = await DnsServer.StartAsync(["127.0.0.1 web.test", "127.0.0.2 other.test"], ttl: 250);
        await using var states = Watch(server, "/#/io.l5d.dns/web/80");
        await states.UntilAsync("127.0.0.1:80");
        await using var quick = Watch(server, "/#/io.l5d.dns/missing/80");
        await quick.UntilAsync("negative");

        // A name that does not exist is asked for again in 5 s; by then one of 1 s would have been, too.
        server.Set("127.0.0.1 web.test", "127.0.0.2 missing.test");
        await quick.UntilAsync("127.0.0.2:80");
        Assert.Single(server.Log.Lines, line => line.Contains("query[A] web.test", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Dns_TruncatedAnswer_IsAskedForOverTcp()
    {
        var hosts = Enumerable.Range(1, 200).Select(i => $"127.0.1.{i} web.test").ToArray();
        await using var server = await DnsServer.StartAsync(hosts, options: "--edns-packet-max=512");
        await using var states = Watch(server, "/#/io.l5d.dns/web/80");

        var bound = Assert.IsType<Resolution.Bound>(await states.UntilAsync("127.0.1.1:80"));
        Assert.Equal(200, bound.Endpoints.Count);
    }

    [Fact]
    public async Task Srv_Records_GiveTiersAndWeights()
    {
        await using var server = await DnsServer.StartAsync(
            ["127.0.0.1 a.test", "127.0.0.2 b.test", "127.0.0.3 c.test"],
            options:
            [
                "--srv-host=_http._tcp.test,a.test,81,10,3", "--srv-host=_http._tcp.test,b.test,82,10,0", "--srv-host=_http._tcp.test,c.test,83,20,5",
                "--srv-host=_none._tcp.test",
            ]);
        await using var states = Watch(server, "/#/io.l5d.dnssrv/_http._tcp.test");
        var bound = Assert.IsType<Resolution.Bound>(await states.UntilAsync("127.0.0.1:81"));
        Assert.Equal(
            new EndpointSet(
                new EndpointGroup([Of("a.test", "127.0.0.1:81", 3), Of("b.test", "127.0.0.2:82", 0.1)]),
                new EndpointGroup([Of("c.test", "127.0.0.3:83", 5)], tier: 1)),
            bound.Endpoints);

        await using var none = Watch(server, "/#/io.l5d.dnssrv/_none._tcp.test");
        await none.UntilAsync("negative");
        await using var missing = Watch(server, "/#/io.l5d.dnssrv/_missing._tcp.test");
        await missing.UntilAsync("negative");

        server.Set("127.0.0.9 a.test", "127.0.0.2 b.test", "127.0.0.3 c.test");
        await states.UntilAsync("127.0.0.9:81");

        static WeightedAddress Of(string host, string address, double weight) =>
            new(IPEndPoint.Parse(address), weight, new EndpointMetadata(host));
    }

    private static ResolutionLog Watch(DnsServer server, string name, string dtab = "") => new(
        new LocalInterpreter(new() { Dtab = Dtab.Parse(dtab), Namers = [new DnsNamer(server.Options), new DnsSrvNamer(server.Options)] }), name);
}
