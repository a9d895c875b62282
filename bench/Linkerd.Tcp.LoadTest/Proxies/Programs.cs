using System.Diagnostics;

namespace Linkerd.Tcp.LoadTest.Proxies;

/// <summary>Finds installed programs, and asks them short questions.</summary>
internal static class Programs
{
    private static readonly string[] SystemFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

    /// <summary>The path of a program, or null. Servers are often in folders that only root has on its path.</summary>
    public static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Concat(SystemFolders)
        .Select(folder => Path.Combine(folder, name))
        .FirstOrDefault(File.Exists);

    /// <summary>All that a program prints on either stream.</summary>
    public static string Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output + error.GetAwaiter().GetResult();
    }

    /// <summary>The first line that a program prints.</summary>
    public static string FirstLine(string program, params string[] arguments) => Output(program, arguments).Trim().Split('\n')[0].Trim();
}
