using System.Net;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.TestUtilities.Resolving;

namespace Linkerd.Tcp.Naming.Tests;

/// <summary>What needs no lookup: addresses, the constant names, local names, and names that can never bind.</summary>
public sealed class LocalInterpreterTests
{
    [Theory]
    [InlineData("/$/inet/10.0.0.1/80", "10.0.0.1:80")]
    [InlineData("/$/inet/10.0.0.1/80/rest/of/it", "10.0.0.1:80")]
    [InlineData("/$/inet/::1/8080", "[::1]:8080")]
    [InlineData("/$/inet/2001:db8::a/65535", "[2001:db8::a]:65535")]
    [InlineData("/$/inet/fe80::1%3/80", "[fe80::1%3]:80")]
    [InlineData("/$/inet/localhost/1", "127.0.0.1:1")]
    [InlineData("/$/inet/LocalHost/80/rest", "127.0.0.1:80")]
    [InlineData("/$/inet/8080", "127.0.0.1:8080")]
    [InlineData("/$/inet/8080/rest", "127.0.0.1:8080")]
    [InlineData("/$/inet/8080/http/80", "127.0.0.1:8080")]
    public async Task ResolveAsync_Address_IsBoundAtOnceForEver(string name, string endPoint)
    {
        await using var watch = new ResolverWatch(new LocalInterpreter(), name);

        Assert.Equal(new Resolution.Bound(EndpointSet.Create(IPEndPoint.Parse(endPoint))), await watch.NextAsync());
        Assert.True(watch.IsQuiet);
        Assert.IsAssignableFrom<OperationCanceledException>(await watch.CancelAsync());
    }

    [Theory]
    [InlineData("/$/nil")]
    [InlineData("/$/nil/what/ever")]
    public async Task ResolveAsync_Nil_IsBoundToNothing(string name)
    {
        await using var watch = new ResolverWatch(new LocalInterpreter(), name);

        Assert.True(Assert.IsType<Resolution.Bound>(await watch.NextAsync()).Endpoints.IsEmpty);
        Assert.True(watch.IsQuiet);
    }

    [Theory]
    [InlineData("/$/fail")]
    [InlineData("/$/fail/what/ever")]
    public async Task ResolveAsync_Fail_IsNegative(string name)
    {
        await using var watch = new ResolverWatch(new LocalInterpreter(), name);

        Assert.Equal(Resolution.Negative.Instance, await watch.NextAsync());
        Assert.True(watch.IsQuiet);
    }

    [Theory]
    [InlineData("/$/inet/h/http", "a port from 1 to 65535 was expected where 'http' stands")]
    [InlineData("/$/inet/h/70000", "a port from 1 to 65535 was expected where '70000' stands")]
    [InlineData("/$/inet/h/0", "a port from 1 to 65535 was expected where '0' stands")]
    [InlineData("/$/inet/h/99999999999999999999", "a port from 1 to 65535 was expected where '99999999999999999999' stands")]
    [InlineData("/$/inet/h/-1", "a port from 1 to 65535 was expected where '-1' stands")]
    [InlineData("/$/inet/0", "a port from 1 to 65535 was expected where '0' stands")]
    [InlineData("/$/inet/8080/70000", "a port from 1 to 65535 was expected where '70000' stands")]
    [InlineData("/$/inet/h", "a port from 1 to 65535 was expected after 'h'")]
    [InlineData("/$/inet", "'/<host>/<port>' or '/<port>' was expected after '/$/inet'")]
    [InlineData("/$/inet/10.0.0.1:80/80", "a host name or an IP address was expected where '10.0.0.1:80' stands")]
    [InlineData("/$/inet/a\\x20b/80", "a host name or an IP address was expected where '\\x61\\x20\\x62' stands", "/$/inet/\\x61\\x20\\x62/80")]
    [InlineData("/$/inet/010.0.0.1/80", "an IPv4 address of four decimal numbers without leading zeros, such as 10.0.0.1, was expected where '010.0.0.1' stands")]
    [InlineData("/$/inet/127.1/80", "an IPv4 address of four decimal numbers without leading zeros, such as 10.0.0.1, was expected where '127.1' stands")]
    [InlineData("/$/inet/8080/9090", "an IPv4 address of four decimal numbers without leading zeros, such as 10.0.0.1, was expected where '8080' stands")]
    [InlineData("/$/foo", "'inet', 'nil' or 'fail' was expected where 'foo' stands")]
    [InlineData("/$/inetx/h/80", "'inet', 'nil' or 'fail' was expected where 'inetx' stands")]
    [InlineData("/$", "'/inet', '/nil' or '/fail' was expected after '/$'")]
    [InlineData("/svc/web", "a name under '/$/' was expected, such as '/$/inet/<host>/<port>'")]
    [InlineData("/", "a name under '/$/' was expected, such as '/$/inet/<host>/<port>'")]
    [InlineData("/$x/inet/h/80", "a name under '/$/' was expected, such as '/$/inet/<host>/<port>'")]
    public async Task Validate_NameThatCanNeverBind_SaysWhatWasExpected(string name, string problem, string? printed = null)
    {
        var path = DstPath.Parse(name);
        var message = $"'{printed ?? name}': {problem}";
        var interpreter = new LocalInterpreter();

        var exception = Assert.Throws<NameBindingException>(() => interpreter.Validate(path));
        Assert.Equal(message, exception.Message);
        Assert.Equal(path, exception.Name);

        var tree = NameTree.Parse($"3 * /$/inet/10.0.0.1/80 & 1 * {name}");
        Assert.Equal(message, Assert.Throws<NameBindingException>(() => interpreter.Validate(tree)).Message);
        var names = new Dictionary<DstPath, NameTree> { [DstPath.Parse("/local")] = tree };
        Assert.Equal(message, Assert.Throws<NameBindingException>(() => new LocalInterpreter(names: names)).Message);

        await using var watch = new ResolverWatch(interpreter, name);
        Assert.Equal(path.Count > 1 && path[0] == "$" ? new Resolution.Failed(message) : Resolution.Negative.Instance, await watch.NextAsync());
        Assert.True(watch.IsQuiet);
        Assert.IsAssignableFrom<OperationCanceledException>(await watch.CancelAsync());
    }

    [Theory]
    [InlineData("/$/inet/some-host.example/80")]
    [InlineData("/$/inet/under_score/80")]
    [InlineData("/$/inet/::1/80")]
    [InlineData("/$/inet/fe80::1%no-such-if/80")]
    [InlineData("/$/nil")]
    [InlineData("/local")]
    public void Validate_NameThatCanBind_IsAccepted(string name)
    {
        var names = new Dictionary<DstPath, NameTree> { [DstPath.Parse("/local")] = NameTree.Parse("/$/nil & /$/fail") };

        new LocalInterpreter(names: names).Validate(DstPath.Parse(name));
    }

    [Fact]
    public async Task ResolveAsync_LocalNameOfUnion_GivesEachBranchAGroup()
    {
        var names = new Dictionary<DstPath, NameTree>
        {
            [DstPath.Parse("/local")] = NameTree.Parse("3 * /$/inet/10.0.0.1/80 & 1 * /$/inet/10.0.0.2/80"),
        };
        var interpreter = new LocalInterpreter(names: names);
        await using var watch = new ResolverWatch(interpreter, "/local");

        Assert.Equal(
            new Resolution.Bound(new EndpointSet(
                new EndpointGroup([new(IPEndPoint.Parse("10.0.0.1:80"))], 3), new EndpointGroup([new(IPEndPoint.Parse("10.0.0.2:80"))]))),
            await watch.NextAsync());
        Assert.True(watch.IsQuiet);
    }

    [Fact]
    public void New_TimeSpanOfNothing_Throws()
    {
        Assert.Throws<InvalidOptionsException>(() => new LocalInterpreter(new() { RefreshInterval = TimeSpan.Zero }));
        Assert.Throws<InvalidOptionsException>(() => new LocalInterpreter(new() { LookupTimeout = TimeSpan.Zero }));
    }
}
