using System.Diagnostics.Metrics;
using Linkerd.Tcp.Cli.AccessLog;
using Linkerd.Tcp.Cli.Running;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The configuration in force after a reload.</summary>
[Trait("Category", "AnyTransport")]
public sealed class ProcessSettingsTests : IDisposable
{
    private readonly Meter _meter = new("test");
    private readonly TemporaryFolder _folder = new();
    private readonly AccessLogs _logs;

    public ProcessSettingsTests()
    {
        _logs = new AccessLogs(NullLoggerFactory.Instance, _meter, TimeProvider.System);
    }

    public void Dispose()
    {
        _logs.Dispose();
        _meter.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Apply_OptionsThatCannotChange_AreThoseOfTheStart()
    {
        var start = new ProxyConfiguration { Loops = 1, Admin = new AdminConfiguration { Port = 1 }, Metrics = new MetricsConfiguration { MaxEndpoints = 5 } };
        using var settings = New(start);
        var next = new ProxyConfiguration
        {
            Loops = 2,
            Admin = new AdminConfiguration { Port = 2 },
            Grace = TimeSpan.FromSeconds(3),
            StatsInterval = TimeSpan.FromSeconds(1),
            Metrics = new MetricsConfiguration { MaxEndpoints = 7 },
            AccessLog = new AccessLogConfiguration { Path = _folder.File("access.log") },
        };
        var change = settings.Prepare(next);
        Assert.Equal(["statsIntervalSecs"], change.NotApplied);
        Assert.Same(start, settings.Configuration);
        change.Apply(["loops", .. change.NotApplied]);
        var now = settings.Configuration;
        Assert.Equal((1, 1, 7, TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan), (now.Loops, now.Admin?.Port, now.Metrics.MaxEndpoints, now.Grace, now.StatsInterval));
        Assert.Equal(_folder.File("access.log"), now.AccessLog?.Path);
        Assert.True(_logs.IsEnabled);
        Assert.Equal(["loops", "statsIntervalSecs"], settings.NotApplied);

        // For as long as the file differs.
        Assert.Equal(["statsIntervalSecs"], settings.Prepare(new ProxyConfiguration { StatsInterval = TimeSpan.FromSeconds(1) }).NotApplied);
        change = settings.Prepare(new ProxyConfiguration());
        Assert.Empty(change.NotApplied);
        change.Apply([]);
        Assert.Empty(settings.NotApplied);
        Assert.False(_logs.IsEnabled);
    }

    [Fact]
    public void Prepare_AccessLogCannotBeOpened_NothingHasChanged()
    {
        var start = new ProxyConfiguration { Grace = TimeSpan.FromSeconds(1) };
        using var settings = New(start);
        var error = Assert.Single(Assert.Throws<InvalidOptionsException>(() => settings.Prepare(new ProxyConfiguration { AccessLog = new AccessLogConfiguration { Path = "/nonexistent/access.log" } })).Errors);
        Assert.Equal("accessLog.path", error.Path);
        Assert.Same(start, settings.Configuration);
        Assert.False(_logs.IsEnabled);
    }

    private ProcessSettings New(ProxyConfiguration start) => new(start, _logs, null, null, TimeProvider.System);
}
