using System.Reflection;

// One after the other: each test runs builds, which use all cores.
[assembly: Xunit.v3.Parallelization(MaxThreads = 1)]

namespace Linkerd.Tcp.Packages.Tests;

/// <summary>What the build knows and the tests need.</summary>
internal static class TestAssembly
{
    /// <summary>Gets the version of OpenTelemetry.Exporter.Prometheus.AspNetCore that the executable uses.</summary>
    public static string OpenTelemetryVersion { get; } = typeof(TestAssembly).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static data => data.Key == "OpenTelemetryVersion").Value!;
}
