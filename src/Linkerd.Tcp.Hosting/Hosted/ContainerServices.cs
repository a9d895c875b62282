using System.Diagnostics.Metrics;
using Linkerd.Tcp.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Hosting.Hosted;

/// <summary>The services of a container that a proxy or a destination uses if there are any.</summary>
internal static class ContainerServices
{
    public static ILoggerFactory Loggers(this IServiceProvider services) => services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;

    public static ILogger Logger(this IServiceProvider services) => services.Loggers().CreateLogger("Linkerd.Tcp.Hosting");

    public static TimeProvider Clock(this IServiceProvider services) => services.GetService<TimeProvider>() ?? TimeProvider.System;

    /// <summary>Creates the meter of a proxy or a destination, with its name as a tag: two of them have the same instruments.</summary>
    /// <param name="services">The container.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="name">The name.</param>
    public static Meter NewMeter(this IServiceProvider services, string tag, string name)
    {
        var options = new MeterOptions(LinkerdTcpTelemetry.MeterName) { Tags = [new(tag, name)] };
        return services.GetService<IMeterFactory>()?.Create(options) ?? new Meter(options);
    }
}
