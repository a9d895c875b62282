namespace Linkerd.Tcp.Tests.Architecture;

/// <summary>The files of this repository's src/.</summary>
internal static class SourceTree
{
    // By the place of the test's binaries: the compiler's own idea of a source path is rewritten in CI builds.
    public static string Root { get; } = Ancestors(AppContext.BaseDirectory)
        .First(directory => File.Exists(Path.Combine(directory, "LinkerdTcp.sln")));

    /// <summary>Every source file of a project, or of all of them, without what the build made.</summary>
    public static IEnumerable<SourceFile> Read(string project = "")
    {
        var directory = Path.Combine(Root, "src", project);
        return Directory.EnumerateFiles(directory, "*.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(directory, file).Replace(Path.DirectorySeparatorChar, '/'))
            .Where(file => !file.Split('/').Intersect(["bin", "obj"]).Any())
            .Order(StringComparer.Ordinal)
            .Select(file => new SourceFile(file, File.ReadAllText(Path.Combine(directory, file))));
    }

    private static IEnumerable<string> Ancestors(string directory)
    {
        for (var d = new DirectoryInfo(directory); d is not null; d = d.Parent)
        {
            yield return d.FullName;
        }
    }
}
