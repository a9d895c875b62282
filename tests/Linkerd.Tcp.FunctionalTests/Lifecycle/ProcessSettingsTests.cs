using Linkerd.Tcp.Cli.Running;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The configuration in force after a reload.</summary>
[Trait("Category", "AnyTransport")]
public sealed class ProcessSettingsTests
{
    [Fact]
    public void Apply_OptionsThatCannotChange_AreThoseOfTheStart()
    {
        var start = new ProxyConfiguration { Loops = 1, Admin = new AdminConfiguration { Port = 1 }, AccessLog = new AccessLogConfiguration { Path = "-" }, Metrics = new MetricsConfiguration { MaxEndpoints = 5 } };
        using var settings = new ProcessSettings(start, null, null, TimeProvider.System);
        Assert.Empty(settings.Apply(new ProxyConfiguration { Loops = 2, Admin = new AdminConfiguration { Port = 2 }, Grace = TimeSpan.FromSeconds(3) }));
        var now = settings.Configuration;
        Assert.Equal((1, 1, "-", 5, TimeSpan.FromSeconds(3)), (now.Loops, now.Admin?.Port, now.AccessLog?.Path, now.Metrics.MaxEndpoints, now.Grace));
    }
}
