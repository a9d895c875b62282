using System.Reflection;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Hosting.Namerd;
using Linkerd.Tcp.Namerd;
using Linkerd.Tcp.Namerd.Mesh;
using Linkerd.Tcp.Testing;

namespace Linkerd.Tcp.PublicApi.Tests;

/// <summary>The repository, and the packages that it builds.</summary>
internal static class Repository
{
    /// <summary>Gets the directory of the solution.</summary>
    public static string Root { get; } = typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static data => data.Key == "RepositoryRoot").Value!;

    /// <summary>Gets the assemblies of the packages: those that a user of all packages has.</summary>
    public static IReadOnlyList<Assembly> Packages { get; } = FindPackages();

    /// <summary>Gets the public types of all packages, nested ones not included.</summary>
    public static IReadOnlyList<Type> PublicTypes { get; } =
        [.. Packages.SelectMany(static package => package.GetExportedTypes()).Where(static type => !type.IsNested)];

    /// <summary>Reads the pages that show code: the README, those in docs/ and those of the packages.</summary>
    public static IEnumerable<string> Pages() =>
    [
        "README.md",
        .. Files("docs", "*.md", SearchOption.TopDirectoryOnly),
        .. Files("src", "README.md", SearchOption.AllDirectories),
    ];

    /// <summary>Lists files of a folder, by their paths from <see cref="Root"/>.</summary>
    public static IEnumerable<string> Files(string folder, string pattern, SearchOption option) => Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, option)
        .Select(static file => Path.GetRelativePath(Root, file).Replace(Path.DirectorySeparatorChar, '/'))
        .Where(static file => !file.Split('/').Intersect(["bin", "obj"]).Any())
        .Order(StringComparer.Ordinal);

    private static List<Assembly> FindPackages()
    {
        // The packages that are named here bring those that they depend on.
        Type[] known = [typeof(TcpProxy), typeof(ProxyHost), typeof(NamerdKinds), typeof(NamerdResolver), typeof(MeshResolver), typeof(Simulation)];
        var found = known.Select(static type => type.Assembly).ToList();
        for (var i = 0; i < found.Count; i++)
        {
            var more = found[i].GetReferencedAssemblies().Where(static name => name.Name!.StartsWith("Linkerd.Tcp", StringComparison.Ordinal)).Select(Assembly.Load);
            found.AddRange(more.Except(found).ToArray());
        }

        return found;
    }
}
