using System.Reflection;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The executable under test: the published one that LINKERD_TCP_EXE names, or else what the build made.</summary>
internal static class Executable
{
    private static readonly string? Published = Environment.GetEnvironmentVariable("LINKERD_TCP_EXE");

    /// <summary>Whether it is the published, native one.</summary>
    public static bool IsPublished => !string.IsNullOrEmpty(Published);

    public static string FileName { get; } = IsPublished
        ? Path.GetFullPath(Published!)
        : typeof(Executable).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == "LinkerdTcpExecutable").Value!;

    /// <summary>Starts it in front of a target, or of none if that is null, with options.</summary>
    public static Task<ProxyProcess> StartAsync(string? target, params string[] options) =>
        ProxyProcess.StartAsync(FileName, target, TestContext.Current.CancellationToken, options);

    /// <summary>Starts it with every session in its log.</summary>
    public static Task<ProxyProcess> StartWithDebugLogAsync(string target, params string[] options) =>
        ProxyProcess.StartAsync(FileName, target, TestContext.Current.CancellationToken, options, log: "debug");

    /// <summary>Runs it to its end, with a command line that serves nothing.</summary>
    public static Task<ChildProcess> RunAsync(params string[] arguments) =>
        ChildProcess.RunAsync(FileName, arguments, TestContext.Current.CancellationToken);
}
