using System.IO.Compression;
using System.Xml.Linq;

namespace Linkerd.Tcp.Packages.Tests;

/// <summary>The folder of packages that LINKERD_TCP_FEED names: what a user would install from.</summary>
internal static class Feed
{
    private static readonly string? Folder = Environment.GetEnvironmentVariable("LINKERD_TCP_FEED");

    /// <summary>Gets the packages of libraries.</summary>
    public static IReadOnlyList<string> Libraries { get; } =
    [
        "Linkerd.Tcp.Core",
        "Linkerd.Tcp.Dns",
        "Linkerd.Tcp.Hosting",
        "Linkerd.Tcp.Hosting.Namerd",
        "Linkerd.Tcp.Namerd",
        "Linkerd.Tcp.Namerd.Mesh",
        "Linkerd.Tcp.Naming",
        "Linkerd.Tcp.Testing",
    ];

    /// <summary>Gets the package of the tool, and those of its implementations.</summary>
    public static IReadOnlyList<string> Tools { get; } = ["linkerd-tcp", "linkerd-tcp.any", "linkerd-tcp.linux-arm64", "linkerd-tcp.linux-x64"];

    /// <summary>Gets a value that indicates whether there is a feed.</summary>
    public static bool Exists => !string.IsNullOrEmpty(Folder);

    /// <summary>Gets the folder.</summary>
    public static string Path => System.IO.Path.GetFullPath(Folder!);

    /// <summary>Gets the version of the packages.</summary>
    public static string Version => field ??= NuspecOf("Linkerd.Tcp.Core").Element("version")!.Value;

    /// <summary>Skips the test if there is no feed.</summary>
    public static void Require() => Assert.SkipUnless(Exists, "LINKERD_TCP_FEED does not name a folder of packages; docs/release.md has the commands that make one");

    /// <summary>Opens a package.</summary>
    public static ZipArchive Open(string id, string extension = "nupkg") =>
        ZipFile.OpenRead(Assert.Single(Directory.GetFiles(Path, $"{id}.*.{extension}"), file => char.IsDigit(System.IO.Path.GetFileName(file)[id.Length + 1])));

    /// <summary>Reads the metadata of a package, without their namespace.</summary>
    public static XElement NuspecOf(string id)
    {
        using var package = Open(id);
        var metadata = XElement.Parse(ReadText(package, $"{id}.nuspec"));
        foreach (var element in metadata.DescendantsAndSelf())
        {
            element.Name = element.Name.LocalName;
        }

        return metadata.Element("metadata")!;
    }

    /// <summary>Reads a file of a package as text.</summary>
    public static string ReadText(ZipArchive package, string file)
    {
        using var reader = new StreamReader(package.GetEntry(file)!.Open());
        return reader.ReadToEnd();
    }
}
