using System.Reflection;

// One after the other: each test runs builds, which use all cores.
[assembly: Xunit.v3.Parallelization(MaxThreads = 1)]

namespace Linkerd.Tcp.Packages.Tests;

/// <summary>What the build knows and the tests need.</summary>
internal static class TestAssembly
{
    /// <summary>Gets the version of OpenTelemetry.Exporter.Prometheus.AspNetCore that the executable uses.</summary>
    public static string OpenTelemetryVersion { get; } = Find("OpenTelemetryVersion");

    /// <summary>Gets the folder of the projects that are packed.</summary>
    public static string SourceFolder { get; } = Find("SourceFolder");

    private static string Find(string key) => typeof(TestAssembly).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == key).Value!;
}
