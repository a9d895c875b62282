namespace Linkerd.Tcp.TestUtilities;

/// <summary>Programs of the machine that tests use.</summary>
public static class ExternalProgram
{
    // Debian keeps servers out of a normal user's PATH, and PostgreSQL's under its version.
    private static readonly string[] Folders =
    [
        .. (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
        "/usr/sbin",
        "/sbin",
        "/usr/local/sbin",
        .. Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(version => Path.Combine(version, "bin"))
            : [],
    ];

    /// <summary>The file of a program, or null where the machine has none.</summary>
    public static string? Find(string name) => Folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
