using Microsoft.Extensions.Configuration;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>Options that the configuration binder makes, which sets the members of what it finds.</summary>
public sealed class OptionsBindingTests
{
    private static readonly IConfiguration Section = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
    {
        ["Duplex:IdleTimeout"] = "00:01:00",
        ["Connect:MaxAttempts"] = "2",
        ["Tcp:WindowSize"] = "4096",
        ["Listeners:0:MaxSessions"] = "7",
    }).Build();

    [Fact]
    public void Get_NestedOptions_NoOtherInstanceIsTouched()
    {
        var before = new TcpProxyOptions { Listeners = [] };
        var bound = Section.Get<TcpProxyOptions>()!;
        var after = new TcpProxyOptions { Listeners = [] };
        Assert.Equal((TimeSpan.FromMinutes(1), 2, 4096), (bound.Duplex.IdleTimeout, bound.Connect.MaxAttempts, bound.Tcp.WindowSize));
        Assert.All([before, after], other =>
            Assert.Equal((Timeout.InfiniteTimeSpan, 3, 64 * 1024), (other.Duplex.IdleTimeout, other.Connect.MaxAttempts, other.Tcp.WindowSize)));
    }

    [Fact]
    public void Bind_NestedOptions_NoOtherInstanceIsTouched()
    {
        var bound = new TcpProxyOptions { Listeners = [] };
        Section.Bind(bound);
        var other = new TcpProxyOptions { Listeners = [] };
        Assert.Equal((TimeSpan.FromMinutes(1), 2), (bound.Duplex.IdleTimeout, bound.Connect.MaxAttempts));
        Assert.Equal((Timeout.InfiniteTimeSpan, 3), (other.Duplex.IdleTimeout, other.Connect.MaxAttempts));
    }

    [Fact]
    public void Bind_Listener_ItsLimitsAreBound() => Assert.Equal(7, Assert.Single(Section.Get<TcpProxyOptions>()!.Listeners).MaxSessions);
}
