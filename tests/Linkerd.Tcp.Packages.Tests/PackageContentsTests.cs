using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Linkerd.Tcp.Packages.Tests;

/// <summary>What is in the packages: their metadata, their README and icon, and their symbols.</summary>
public sealed partial class PackageContentsTests
{
    public static TheoryData<string> Libraries { get; } = [.. Feed.Libraries];

    public static TheoryData<string> All { get; } = [.. Feed.Libraries, .. Feed.Tools];

    [Fact]
    public void Packages_OfTheseTests_AreTheProjectsOfSource()
    {
        var projects = Directory.GetFiles(TestAssembly.SourceFolder, "*.csproj", SearchOption.AllDirectories).Select(static file => Path.GetFileNameWithoutExtension(file)!);
        Assert.Equal(projects.Order(StringComparer.Ordinal), Feed.Libraries.Append("linkerd-tcp").Order(StringComparer.Ordinal));
        Assert.All(projects, static project => Assert.Contains($"/{project}.csproj\"", File.ReadAllText(Path.Combine(TestAssembly.SourceFolder, "packages.slnf")), StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Metadata_EveryPackage_IsComplete(string id)
    {
        Feed.Require();
        var nuspec = Feed.NuspecOf(id);
        Assert.Equal(id, nuspec.Element("id")!.Value);
        Assert.Equal(Feed.Version, nuspec.Element("version")!.Value);
        Assert.Equal("Apache-2.0", nuspec.Element("license")!.Value);
        Assert.InRange(nuspec.Element("description")!.Value.Length, 50, 500);
        Assert.StartsWith("https://", nuspec.Element("projectUrl")!.Value, StringComparison.Ordinal);
        Assert.EndsWith("/CHANGELOG.md", nuspec.Element("releaseNotes")!.Value, StringComparison.Ordinal);
        Assert.NotEmpty(nuspec.Element("tags")!.Value);
        var repository = nuspec.Element("repository")!;
        Assert.Equal("git", repository.Attribute("type")!.Value);
        Assert.StartsWith("https://", repository.Attribute("url")!.Value, StringComparison.Ordinal);
        Assert.Matches("^[0-9a-f]{40}$", repository.Attribute("commit")!.Value);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Files_EveryPackage_HasReadmeAndIcon(string id)
    {
        Feed.Require();
        var nuspec = Feed.NuspecOf(id);
        using var package = Feed.Open(id);
        var readme = Feed.ReadText(package, nuspec.Element("readme")!.Value);
        Assert.Contains(id is "linkerd-tcp" || id.StartsWith("linkerd-tcp.", StringComparison.Ordinal) ? "dotnet tool install --global linkerd-tcp\n" : $"dotnet add package {id}\n", readme, StringComparison.Ordinal);
        // A page of a registry does not resolve relative links.
        Assert.Empty(RelativeLink.Matches(readme));
        var icon = package.GetEntry(nuspec.Element("icon")!.Value)!;
        Assert.InRange(icon.Length, 1, 20_000);
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Files_EveryLibrary_HasCommentsAndSymbols(string id)
    {
        Feed.Require();
        using var package = Feed.Open(id);
        Assert.NotNull(package.GetEntry($"lib/net10.0/{id}.dll"));
        Assert.NotNull(package.GetEntry($"lib/net10.0/{id}.xml"));
        using var symbols = Feed.Open(id, "snupkg");
        Assert.NotNull(symbols.GetEntry($"lib/net10.0/{id}.pdb"));
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Dependencies_OnOtherLibraries_AreOfTheSameVersion(string id)
    {
        Feed.Require();
        var others = Feed.NuspecOf(id).Descendants("dependency").Where(static dependency => dependency.Attribute("id")!.Value.StartsWith("Linkerd.", StringComparison.Ordinal)).ToList();
        Assert.Equal(id == "Linkerd.Tcp.Core" ? 0 : 1, Math.Min(others.Count, 1));
        Assert.All(others, static dependency => Assert.Equal(Feed.Version, dependency.Attribute("version")!.Value));
    }

    [Fact]
    public void Tool_Pointer_NamesThePackagesOfTheFeed()
    {
        Feed.Require();
        using var package = Feed.Open("linkerd-tcp");
        var settings = XElement.Parse(Feed.ReadText(package, "tools/any/any/DotnetToolSettings.xml"));
        Assert.Equal(Feed.Tools.Skip(1), settings.Descendants("RuntimeIdentifierPackage").Select(static item => item.Attribute("Id")!.Value).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("linux-x64")]
    [InlineData("linux-arm64")]
    public void Tool_Native_IsOneFile(string runtime)
    {
        Feed.Require();
        using var package = Feed.Open($"linkerd-tcp.{runtime}");
        var folder = $"tools/any/{runtime}/";
        Assert.Equal(["DotnetToolSettings.xml", "linkerd-tcp"], package.Entries.Where(entry => entry.FullName.StartsWith(folder, StringComparison.Ordinal)).Select(entry => entry.FullName[folder.Length..]).Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"\]\((?!https://)[^)]*\)")]
    private static partial Regex RelativeLink { get; }
}
