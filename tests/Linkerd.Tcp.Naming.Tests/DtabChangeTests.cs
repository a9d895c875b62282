using System.Net;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.TestUtilities.Resolving;

namespace Linkerd.Tcp.Naming.Tests;

/// <summary>The embedded interpreter reacts to a new dtab at once, and keeps what the change does not touch.</summary>
public sealed class DtabChangeTests
{
    private readonly LocalInterpreter _interpreter = new(new LocalInterpreterOptions { Dtab = Dtab.Parse("/svc => /$/inet/10.0.0.1") });

    [Fact]
    public async Task Dtab_Replaced_ReachesEveryWatch()
    {
        await using var one = new ResolverWatch(_interpreter, "/svc/1");
        await using var two = new ResolverWatch(_interpreter, "/svc/2");
        Assert.Equal(Bound("10.0.0.1:1"), await one.NextAsync());
        Assert.Equal(Bound("10.0.0.1:2"), await two.NextAsync());

        _interpreter.Dtab = Dtab.Parse("/svc => /$/inet/10.0.0.1 ; /svc/2 => /$/inet/10.0.0.9/9");

        Assert.Equal(Bound("10.0.0.9:9"), await two.NextAsync());
        Assert.True(one.IsQuiet);
    }

    [Fact]
    public async Task Dtab_NameBecomesNegativeFailsAndEmpty_SaysSo()
    {
        await using var watch = new ResolverWatch(_interpreter, "/svc/1");
        await watch.NextAsync();

        _interpreter.Dtab = Dtab.Empty;
        Assert.Equal(Resolution.Negative.Instance, await watch.NextAsync());
        _interpreter.Dtab = Dtab.Parse("/svc => /$/inet/10.0.0.1");
        Assert.Equal(Bound("10.0.0.1:1"), await watch.NextAsync());
        _interpreter.Dtab = Dtab.Parse("/svc => $");
        Assert.Equal(new Resolution.Bound(EndpointSet.Empty), await watch.NextAsync());
        _interpreter.Dtab = Dtab.Parse("/svc => /svc");
        Assert.Equal(new Resolution.Failed("Max recursion level: 100 reached in Namer lookup"), await watch.NextAsync());
        _interpreter.Dtab = Dtab.Parse("/svc => /$/inet/10.0.0.1");
        Assert.Equal(Bound("10.0.0.1:1"), await watch.NextAsync());
    }

    [Fact]
    public async Task Dtab_WeightsOfASplitChange_GroupsChange()
    {
        _interpreter.Dtab = Dtab.Parse("/svc => 9 * /$/inet/10.0.0.1/80 & 1 * /$/inet/10.0.0.2/80");
        await using var watch = new ResolverWatch(_interpreter, "/svc");
        Assert.Equal(Split(9, 1), await watch.NextAsync());

        _interpreter.Dtab = Dtab.Parse("/svc => 1 * /$/inet/10.0.0.1/80 & 1 * /$/inet/10.0.0.2/80");

        Assert.Equal(Split(1, 1), await watch.NextAsync());
    }

    private static Resolution.Bound Bound(string endPoint) => new(EndpointSet.Create(IPEndPoint.Parse(endPoint)));

    private static Resolution.Bound Split(double one, double two) => new(new EndpointSet(
        new EndpointGroup([new(IPEndPoint.Parse("10.0.0.1:80"))], one), new EndpointGroup([new(IPEndPoint.Parse("10.0.0.2:80"))], two)));
}
