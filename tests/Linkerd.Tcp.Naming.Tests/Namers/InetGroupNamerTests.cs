using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.TestUtilities.Resolving;

namespace Linkerd.Tcp.Naming.Tests.Namers;

/// <summary><c>/$/inets</c>: several hosts as one set.</summary>
public sealed class InetGroupNamerTests
{
    private readonly TimerLog _time = new();
    private readonly FakeHostLookup _lookup = new();
    private readonly LocalInterpreter _interpreter;

    public InetGroupNamerTests() => _interpreter = new LocalInterpreter(new() { TimeProvider = _time, HostLookup = _lookup, Random = RandomSource.Seeded(1) });

    [Fact]
    public async Task ResolveAsync_HostsOfSeveralAddresses_AreOneGroupOfEqualEndpoints()
    {
        _lookup.Addresses("web", "10.0.0.1", "10.0.0.2", "10.0.0.3");
        _lookup.Addresses("db", "10.0.0.4", "10.0.0.1");
        await using var watch = new ResolverWatch(_interpreter, "/$/inets/web/80/db/80/127.0.0.1/81/rest/of/it");

        var bound = Assert.IsType<Resolution.Bound>(await watch.NextAsync());

        var group = Assert.Single(bound.Endpoints.Groups);
        Assert.Equal(["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80", "127.0.0.1:81"], group.Endpoints.Select(endpoint => endpoint.Address.ToString()!).Order(StringComparer.Ordinal));
        Assert.All(group.Endpoints, endpoint => Assert.Equal(1, endpoint.EffectiveWeight));
    }

    [Fact]
    public async Task ResolveAsync_HostUnknownOrFailing_LeavesTheOthers()
    {
        _lookup.Addresses("web", "10.0.0.1");
        _lookup.Addresses("none");
        _lookup.Fails("bad", SocketError.TryAgain);
        await using var watch = new ResolverWatch(_interpreter, "/$/inets/web/80/none/80/bad/80");

        Assert.Equal(new Resolution.Bound(EndpointSet.Create(IPEndPoint.Parse("10.0.0.1:80"))), await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_AllHostsUnknown_IsNegative()
    {
        _lookup.Addresses("none");
        _lookup.Fails("gone", SocketError.HostNotFound);
        await using var watch = new ResolverWatch(_interpreter, "/$/inets/none/80/gone/80");

        Assert.Equal(Resolution.Negative.Instance, await watch.NextAsync());
    }

    [Theory]
    [InlineData("/$/inets", "'/<host>/<port>', once or more, was expected after '/$/inets'")]
    [InlineData("/$/inets/web", "'/<host>/<port>', once or more, was expected after '/$/inets'")]
    [InlineData("/$/inets/web/http", "'/<host>/<port>', once or more, was expected after '/$/inets'")]
    [InlineData("/$/inets/web/80/db/0", "a port from 1 to 65535 was expected where '0' stands")]
    [InlineData("/$/inets/web/80/d%b/80", "a host name or an IP address was expected where 'd%b' stands")]
    public void Validate_NamesThatCanNeverBind_SaysWhatWasExpected(string name, string expected)
    {
        var error = Assert.Throws<NameBindingException>(() => _interpreter.Validate(DstPath.Parse(name)));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(254, 63)]
    [InlineData(300, 64)]
    [InlineData(64, 64)]
    public void Validate_HostTooLong_IsRefused(int length, int part)
    {
        var host = string.Concat(Enumerable.Range(0, length).Select(i => i % (part + 1) == part ? '.' : 'a'));
        var error = Assert.Throws<NameBindingException>(() => _interpreter.Validate(DstPath.Parse($"/$/inet/{host}/80")));
        Assert.Contains("a host name of at most 253 characters, in parts of 1 to 63 between dots, was expected where 'aaa", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_LongestHost_IsTaken()
    {
        var host = string.Concat(Enumerable.Range(0, 253).Select(i => i % 64 == 63 ? '.' : 'a'));
        _interpreter.Validate(DstPath.Parse($"/$/inet/{host}/80"));
        _interpreter.Validate(DstPath.Parse($"/$/inet/{host}./80"));
    }
}
