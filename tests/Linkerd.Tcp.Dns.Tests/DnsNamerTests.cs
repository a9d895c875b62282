using System.Net;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.TestUtilities.Resolving;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Dns.Tests;

public sealed class DnsNamerTests
{
    private const string Id = "/#/io.l5d.dns/web/80";
    private readonly DnsFixture _world = new();

    [Fact]
    public async Task WatchAsync_Host_HasAllAddressesOfBothFamilies()
    {
        _world.Client.Addresses("web", 60, "10.0.0.1", "10.0.0.2", "2001:db8::1");
        using var lookup = Look(Id + "/rest");
        await using var watch = Watch(Id);

        Assert.Equal(DnsFixture.Leaf(Id, "/rest"), lookup.Current);
        Assert.Equal(DnsFixture.Bound("10.0.0.1:80", "10.0.0.2:80", "[2001:db8::1]:80"), await watch.NextAsync());
        Assert.Equal(["A web", "Aaaa web"], _world.Client.Questions);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(7, 7)]
    [InlineData(86_400, 300)]
    public async Task WatchAsync_AnswerAges_IsAskedAgainWithinTheBounds(int ttl, int seconds)
    {
        _world.Client.Addresses("web", ttl, "10.0.0.1");
        await using var watch = Watch(Id);
        await watch.NextAsync();

        Assert.Equal(TimeSpan.FromSeconds(seconds), await _world.Time.RunNextAsync(() => _world.Client.Addresses("web", ttl, "10.0.0.2")));

        Assert.Equal(DnsFixture.Bound("10.0.0.2:80"), await watch.NextAsync());
    }

    [Fact]
    public async Task Look_FirstAnswerAwaited_IsPending()
    {
        var answer = _world.Client.Hangs("web");
        var changes = 0;
        using var lookup = Look(Id, () => changes++);
        await using var watch = Watch(Id);
        Assert.Equal(NameBinding.Pending.Instance, lookup.Current);
        Assert.Equal(Resolution.Pending.Instance, await watch.NextAsync());

        answer.SetResult(new DnsReply(DnsStatus.Found, [FakeDnsClient.Address("web", 5, "10.0.0.1")], [], TimeSpan.FromSeconds(5)));

        Assert.Equal(DnsFixture.Bound("10.0.0.1:80"), await watch.NextAsync());
        Assert.Equal((DnsFixture.Leaf(Id), 1), (lookup.Current, changes));
    }

    [Theory]
    [InlineData(null, 5)]
    [InlineData(0, 1)]
    [InlineData(12, 12)]
    [InlineData(3600, 30)]
    public async Task Look_HostDoesNotExist_IsNegativeUntilItDoes(int? ttl, int seconds)
    {
        _world.Client.Negative("web", ttl);
        var changes = 0;
        using var lookup = Look(Id, () => changes++);
        await using var watch = Watch(Id);
        Assert.Equal(new NameBinding.Bound(BoundTree.Negative.Instance), lookup.Current);
        Assert.Equal(Resolution.Negative.Instance, await watch.NextAsync());

        Assert.Equal(TimeSpan.FromSeconds(seconds), await _world.Time.RunNextAsync(() => _world.Client.Addresses("web", 5, "10.0.0.1")));
        Assert.Equal(DnsFixture.Bound("10.0.0.1:80"), await watch.NextAsync());
        Assert.Equal((DnsFixture.Leaf(Id), 1), (lookup.Current, changes));

        await _world.Time.RunNextAsync(() => _world.Client.Negative("web", ttl));
        Assert.Equal(Resolution.Negative.Instance, await watch.NextAsync());
        Assert.Equal((new NameBinding.Bound(BoundTree.Negative.Instance), 2), (lookup.Current, changes));
    }

    [Theory]
    [InlineData("Refused")]
    [InlineData("Unanswered")]
    public async Task Look_AnswerFails_LeavesTheNameAsItWasAndIsRetried(string how)
    {
        var status = Enum.Parse<DnsStatus>(how);
        _world.Client.Addresses("web", 5, "10.0.0.1");
        using var lookup = Look(Id);
        await using var watch = Watch(Id);
        await watch.NextAsync();

        await _world.Time.RunNextAsync(() => _world.Client.Fails("web", status));
        Assert.Equal(new Resolution.Failed($"looking up host 'web' failed: {status}"), await watch.NextAsync());
        Assert.Equal(DnsFixture.Leaf(Id), lookup.Current);
        foreach (var ceiling in new[] { 1, 2, 4, 8, 16, 30, 30 })
        {
            Assert.InRange((await _world.Time.RunNextAsync()).TotalSeconds, (ceiling / 2.0) - 0.001, ceiling);
        }

        await _world.Time.RunNextAsync(() => _world.Client.Addresses("web", 5, "10.0.0.2"));
        Assert.Equal(DnsFixture.Bound("10.0.0.2:80"), await watch.NextAsync());
        Assert.Contains(_world.Logger.Entries, entry => entry.Level == LogLevel.Warning && entry.Id == 2091);
    }

    [Fact]
    public void Look_FirstAnswerFails_IsFailed()
    {
        _world.Client.Fails("web", DnsStatus.Refused);
        using var lookup = Look(Id);

        Assert.Equal(new NameBinding.Failed("looking up host 'web' failed: Refused"), lookup.Current);
    }

    [Fact]
    public async Task WatchAsync_OneFamilyFails_KeepsItsLastAddresses()
    {
        _world.Client.Addresses("web", 60, "10.0.0.1", "2001:db8::1");
        await using var watch = Watch(Id);
        await watch.NextAsync();

        await _world.Time.RunNextAsync(() =>
        {
            _world.Client.Addresses("web", 60, "10.0.0.2");
            _world.Client.Reply("web", DnsRecordKind.Aaaa, DnsReply.Failed(DnsStatus.Refused, "SERVFAIL"));
        });

        Assert.Equal(DnsFixture.Bound("10.0.0.2:80", "[2001:db8::1]:80"), await watch.NextAsync());
        Assert.Equal(TimeSpan.FromSeconds(5), await _world.Time.NextAsync());
    }

    [Fact]
    public async Task WatchAsync_ManyLookAtOneHost_IsAskedOnce()
    {
        _world.Client.Addresses("web", 60, "10.0.0.1");
        var one = Look(Id);
        await using (var watch = Watch(Id))
        {
            using var other = Look(Id + "/rest");
            await watch.NextAsync();
            Assert.Equal(2, _world.Client.Questions.Count);
            one.Dispose();
        }

        _world.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(2, _world.Client.Questions.Count);
    }

    [Fact]
    public async Task WatchAsync_HostsFile_ComesFirstAndIsReadAgain()
    {
        _world.Files.Write("hosts", "10.0.0.9 other WEB # 10.0.0.8\n2001:db8::9\tweb\nnonsense web\n");
        await using var watch = Watch(Id);
        Assert.Equal(DnsFixture.Bound("10.0.0.9:80", "[2001:db8::9]:80"), await watch.NextAsync());
        Assert.Empty(_world.Client.Questions);

        Assert.Equal(TimeSpan.FromSeconds(5), await _world.Time.RunNextAsync(() => _world.Files.Write("hosts", "10.0.0.7 web")));
        Assert.Equal(DnsFixture.Bound("10.0.0.7:80"), await watch.NextAsync());
        await _world.Time.RunNextAsync(() => _world.Files.Write("hosts", string.Empty));
        Assert.Equal(Resolution.Negative.Instance, await watch.NextAsync());
    }

    [Fact]
    public async Task WatchAsync_SearchList_IsTriedAsResolvConfSays()
    {
        _world.Files.Write("resolv.conf", "# x\nnameserver 192.0.2.1\nnameserver 2001:db8::53\nsearch a.example. b.example\noptions edns0 ndots:2\n");
        _world.Client.Addresses("web.b.example", 5, "10.0.0.1");
        await using var watch = Watch(Id);
        Assert.Equal(DnsFixture.Bound("10.0.0.1:80"), await watch.NextAsync());
        Assert.Equal(["A web.a.example", "Aaaa web.a.example", "A web.b.example", "Aaaa web.b.example"], _world.Client.Questions);
        Assert.Equal([new IPEndPoint(IPAddress.Parse("192.0.2.1"), 53), new IPEndPoint(IPAddress.Parse("2001:db8::53"), 53)], _world.Client.LastServers);

        // Read again when it has changed.
        await _world.Time.RunNextAsync(() =>
        {
            _world.Files.Write("resolv.conf", "nameserver 192.0.2.2\n");
            _world.Client.Addresses("web", 5, "10.0.0.2");
        });
        Assert.Equal(DnsFixture.Bound("10.0.0.2:80"), await watch.NextAsync());
        Assert.Equal([new IPEndPoint(IPAddress.Parse("192.0.2.2"), 53)], _world.Client.LastServers);
    }

    [Fact]
    public async Task WatchAsync_ZoneOfNoInterface_IsFailedAndTriedAgain()
    {
        const string Zoned = "/#/io.l5d.dns/fe80::1%no-such-if/80";
        using var lookup = Look(Zoned);
        await using var watch = Watch(Zoned);

        Assert.Equal(DnsFixture.Leaf(Zoned), lookup.Current);
        Assert.Equal(new Resolution.Failed("looking up host 'fe80::1%no-such-if' failed: there is no network interface 'no-such-if'"), await watch.NextAsync());
        Assert.InRange((await _world.Time.NextAsync()).TotalSeconds, 0.499, 1);
        Assert.Empty(_world.Client.Questions);
    }

    [Fact]
    public async Task WatchAsync_FilesWithNumbersThatAreNoAddress_PassOverThem()
    {
        _world.Files.Write("hosts", "010.0.0.9 web\nfe80::1%no-such-if web\n");
        _world.Files.Write("resolv.conf", "nameserver 010.0.0.1\nnameserver 192.0.2.1\nnameserver fe80::1%no-such-if\n");
        _world.Client.Addresses("web", 60, "10.0.0.1");
        await using var watch = Watch(Id);

        Assert.Equal(DnsFixture.Bound("10.0.0.1:80"), await watch.NextAsync());
        Assert.Equal([new IPEndPoint(IPAddress.Parse("192.0.2.1"), 53)], _world.Client.LastServers);
        Assert.Single(_world.Logger.Entries, entry => entry is (LogLevel.Warning, 2092, "/files/resolv.conf: name server '010.0.0.1' is passed over: an IP address was expected"));
    }

    [Fact]
    public async Task WatchAsync_OptionsOfTheFile_AreHeeded()
    {
        _world.Files.Write("resolv.conf", "options timeout:3 attempts:4 rotate\n");
        await using (var watch = Watch(Id))
        {
            await watch.NextAsync();
            Assert.Equal((TimeSpan.FromSeconds(3), 4, true), (_world.Client.LastQuery!.Timeout, _world.Client.LastQuery.Attempts, _world.Client.LastQuery.Rotate));
        }

        // What the code says comes first.
        var namer = new DnsNamer(_world.Options.With(own => own.Timeout = TimeSpan.FromSeconds(7)), _world.Client, _world.Files);
        await using (var watch = new NamerWatch(namer, Id))
        {
            await watch.NextAsync();
            Assert.Equal((TimeSpan.FromSeconds(7), 4), (_world.Client.LastQuery!.Timeout, _world.Client.LastQuery.Attempts));
        }
    }

    [Theory]
    [InlineData("", null, 2, false)]
    [InlineData("options timeout:1 attempts:3 rotate", 1, 3, true)]
    [InlineData("options timeout:0 attempts:0", 1, 1, false)]
    [InlineData("options timeout:31 attempts:6", 30, 5, false)]
    [InlineData("options timeout:x attempts:-1 rotated # rotate", null, 2, false)]
    [InlineData("options timeout:7\noptions rotate", 7, 2, true)]
    public void Parse_Options_AreBoundedAsInTheCLibrary(string text, int? timeout, int attempts, bool rotate)
    {
        var settings = ResolverSettings.Parse(text);

        Assert.Equal((timeout, attempts, rotate), ((int?)settings.Timeout?.TotalSeconds, settings.Attempts, settings.Rotate));
    }

    [Fact]
    public void Parse_NameServers_AreAtMostThree() =>
        Assert.Equal(["10.0.0.1:53", "10.0.0.2:53", "10.0.0.3:53"], ResolverSettings.Parse("nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.3\nnameserver 10.0.0.4\n").Servers.Select(server => server.ToString()));

    [Theory]
    [InlineData("web", "web.a.example,web.b.example,web")]
    [InlineData("web.x", "web.x.a.example,web.x.b.example,web.x")]
    [InlineData("web.x.y", "web.x.y,web.x.y.a.example,web.x.y.b.example")]
    [InlineData("web.", "web")]
    public void NamesFor_AnyName_AreInTheOrderOfTheCLibrary(string name, string expected)
    {
        Assert.Equal(expected, string.Join(',', ResolverSettings.Parse("search a.example b.example\noptions ndots:2").NamesFor(name)));
    }

    [Fact]
    public async Task WatchAsync_DomainThatAnsweredFails_AnotherDomainDoesNotTakeOver()
    {
        _world.Files.Write("resolv.conf", "search a b");
        _world.Client.Addresses("web.a", 5, "10.0.0.1");
        _world.Client.Addresses("web.b", 5, "10.0.0.2");
        await using var watch = Watch(Id);
        Assert.Equal(DnsFixture.Bound("10.0.0.1:80"), await watch.NextAsync());

        await _world.Time.RunNextAsync(() => _world.Client.Fails("web.a", DnsStatus.Refused));
        Assert.IsType<Resolution.Failed>(await watch.NextAsync());
        await _world.Time.RunNextAsync(() => _world.Client.Negative("web.a", null));
        Assert.Equal(DnsFixture.Bound("10.0.0.2:80"), await watch.NextAsync());
    }

    [Theory]
    [InlineData("web", "web.a:Negative web.b:Negative web:Refused", true)]
    [InlineData("web", "web.a:Refused web.b:Refused web:Refused", false)]
    [InlineData("web", "web.a:ServerFailed web.b:Negative web:Negative", false)]
    [InlineData("web", "web.a:Unanswered web.b:Negative web:Negative", false)]
    [InlineData("web.x", "web.x:Negative web.x.a:ServerFailed", true)]
    [InlineData("web.x", "web.x:Negative web.x.a:Unanswered", true)]
    [InlineData("web.x", "web.x:ServerFailed web.x.a:Negative", false)]
    public void Look_SomeDomainsFail_IsNegativeOnlyWhereThatIsCertain(string host, string answers, bool isNegative)
    {
        _world.Files.Write("resolv.conf", "search a b");
        foreach (var (full, status) in answers.Split(' ').Select(answer => (answer.Split(':')[0], Enum.Parse<DnsStatus>(answer.Split(':')[1]))))
        {
            if (status == DnsStatus.Negative)
            {
                _world.Client.Negative(full, null);
            }
            else
            {
                _world.Client.Fails(full, status);
            }
        }

        using var lookup = Look($"/#/io.l5d.dns/{host}/80");

        Assert.Equal(isNegative, lookup.Current == new NameBinding.Bound(BoundTree.Negative.Instance));
        Assert.Equal(!isNegative, lookup.Current is NameBinding.Failed);
    }

    [Theory]
    [InlineData("/#/io.l5d.dns", "'/<host>/<port>' was expected after '/#/io.l5d.dns'")]
    [InlineData("/#/io.l5d.dns/web", "a port from 1 to 65535 was expected after 'web'")]
    [InlineData("/#/io.l5d.dns/web/http", "a port from 1 to 65535 was expected where 'http' stands")]
    [InlineData("/#/io.l5d.dns/web/0", "a port from 1 to 65535 was expected where '0' stands")]
    [InlineData("/#/io.l5d.dns/we:b/80", "a host name or an IP address was expected where 'we:b' stands")]
    [InlineData("/#/io.l5d.dns/010.0.0.1/80", "an IPv4 address of four decimal numbers without leading zeros, such as 10.0.0.1, was expected where '010.0.0.1' stands")]
    [InlineData("/#/io.l5d.dns/8080/80", "an IPv4 address of four decimal numbers without leading zeros, such as 10.0.0.1, was expected where '8080' stands")]
    [InlineData("/#/io.l5d.dns/a..b/80", "a host name or an IP address was expected where 'a..b' stands")]
    public async Task Look_NameThatCanNeverBind_IsFailedAndSaysWhatWasExpected(string name, string problem)
    {
        var message = $"'{name}': {problem}";
        using var lookup = Look(name);
        await using var watch = Watch(name);

        Assert.Equal(new NameBinding.Failed(message), lookup.Current);
        Assert.Equal(new Resolution.Failed(message), await watch.NextAsync());
        Assert.Equal(message, _world.Hosts.Check(DstPath.Parse(name))!.Message);
    }

    [Theory]
    [InlineData("/#/io.l5d.dns/10.0.0.1/80", "10.0.0.1:80")]
    [InlineData("/#/io.l5d.dns/2001:db8::1/80", "[2001:db8::1]:80")]
    [InlineData("/#/io.l5d.dns/localhost/80", "127.0.0.1:80")]
    public async Task Look_Address_NeedsNoServer(string name, string endPoint)
    {
        using var lookup = Look(name);
        await using var watch = Watch(name);

        Assert.Equal(DnsFixture.Leaf(name), lookup.Current);
        Assert.Equal(DnsFixture.Bound(endPoint), await watch.NextAsync());
        Assert.Empty(_world.Client.Questions);
    }

    [Fact]
    public async Task ResolveAsync_AltOfNegativeHost_FallsBackAndComesBack()
    {
        _world.Client.Addresses("backup", 300, "10.0.0.2");
        var interpreter = new LocalInterpreter(new()
        {
            Dtab = Dtab.Parse("/svc/web => /#/io.l5d.dns/web/80 | /#/io.l5d.dns/backup/80"),
            Namers = [_world.Hosts],
            TimeProvider = _world.Time,
        });
        await using var watch = new ResolverWatch(interpreter, "/svc/web");
        Assert.Equal(DnsFixture.Bound("10.0.0.2:80"), await watch.NextAsync());

        _world.Client.Addresses("web", 300, "10.0.0.1");
        _world.Time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(DnsFixture.Bound("10.0.0.1:80"), await watch.NextAsync());
    }

    private NamerLookup Look(string name, Action? changed = null) => _world.Hosts.Lookup(DstPath.Parse(name), changed ?? (() => { }));

    private NamerWatch Watch(string id) => new(_world.Hosts, id);
}
