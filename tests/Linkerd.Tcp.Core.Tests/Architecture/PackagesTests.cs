using System.Text.RegularExpressions;
using Xunit;

namespace Linkerd.Tcp.Tests.Architecture;

/// <summary>The packages of src/: which of them each one knows, and what they share.</summary>
public sealed partial class PackagesTests
{
    // From the bottom up.
    private static readonly Dictionary<string, string[]> References = new()
    {
        ["Linkerd.Tcp.Core"] = [],
        ["Linkerd.Tcp.Naming"] = ["Linkerd.Tcp.Core"],
        ["Linkerd.Tcp.Dns"] = ["Linkerd.Tcp.Naming"],
        ["Linkerd.Tcp.Namerd"] = ["Linkerd.Tcp.Naming"],
        ["Linkerd.Tcp.Namerd.Mesh"] = ["Linkerd.Tcp.Namerd"],
        ["Linkerd.Tcp.Hosting"] = ["Linkerd.Tcp.Dns"],
        ["Linkerd.Tcp.Hosting.Namerd"] = ["Linkerd.Tcp.Hosting", "Linkerd.Tcp.Namerd.Mesh"],
        ["Linkerd.Tcp.Testing"] = ["Linkerd.Tcp.Core"],
    };

    // What the packages share and users do not need. A type that is not needed by two of them does not belong there.
    private static readonly string[] Shared =
    [
        "AddressLiteral", "Backoff", "FileChangeWatch", "HostName", "LatestValue<TState>", "LoggerGuard", "OptionsValidator", "RepeatFilter", "StatePrecedence",
    ];

    [Fact]
    public void Packages_EachOne_ReferencesOnlyPackagesBelowIt()
    {
        foreach (var (package, references) in References)
        {
            Assert.Equal(references, ProjectReference().Matches(ProjectOf(package)).Select(match => match.Groups["name"].Value));
        }
    }

    [Fact]
    public void Packages_None_ShowsItsInternalsToAnother()
    {
        foreach (var package in References.Keys)
        {
            var friends = FriendOf().Matches(ProjectOf(package)).Select(match => match.Groups["name"].Value);
            Assert.DoesNotContain(friends, friend => References.ContainsKey(friend) || friend == "linkerd-tcp");
        }
    }

    [Fact]
    public void Infrastructure_Types_AreThoseThatPackagesShare()
    {
        var types = References.Keys.SelectMany(package => File.ReadLines(Path.Combine(SourceTree.Root, "src", package, "PublicAPI.Unshipped.txt")))
            .Select(line => SharedType().Match(line)).Where(match => match.Success).Select(match => match.Groups["name"].Value);
        Assert.Equal(Shared, types.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Infrastructure_EachType_SaysThatItMayChange()
    {
        var files = SourceTree.Read("Linkerd.Tcp.Core").Where(file => file.Room == "Infrastructure" && PublicType().IsMatch(file.Text)).ToList();
        Assert.Equal(Shared.Length, files.Count);
        Assert.Empty(files.Where(file => !file.Text.Contains("For the packages of this project; it may change in any version.", StringComparison.Ordinal)).Select(file => file.Path));
    }

    [Fact]
    public void Naming_EachFolder_KnowsOnlyFoldersBelowIt() => CheckFolders("Linkerd.Tcp.Naming", ["Trees", "Binding", "Namers", "Files", "Delegation", "Caching", ""]);

    [Fact]
    public void Dns_EachFolder_KnowsOnlyFoldersBelowIt() => CheckFolders("Linkerd.Tcp.Dns", [""]);

    private static void CheckFolders(string package, string[] folders)
    {
        SourceFile[] files = [.. SourceTree.Read(package).Select(file => file.Path.Contains('/', StringComparison.Ordinal) ? file : new SourceFile("/" + file.Path, file.Text))];
        Assert.Equal(folders.Order(StringComparer.Ordinal), files.Select(file => file.Room).Distinct().Order(StringComparer.Ordinal));
        Assert.Empty(Rooms.Violations(files, folder => folders[..Array.IndexOf(folders, folder)], files));
    }

    private static string ProjectOf(string package) => File.ReadAllText(Path.Combine(SourceTree.Root, "src", package, package + ".csproj"));

    [GeneratedRegex("<ProjectReference Include=\"[^\"]*/(?<name>[^/\"]*)\\.csproj\"")]
    private static partial Regex ProjectReference();

    [GeneratedRegex("<InternalsVisibleTo Include=\"(?<name>[^\"]*)\"")]
    private static partial Regex FriendOf();

    [GeneratedRegex(@"^Linkerd\.Tcp\.Infrastructure\.(?<name>\w+(<\w+>)?)$")]
    private static partial Regex SharedType();

    [GeneratedRegex("^public ", RegexOptions.Multiline)]
    private static partial Regex PublicType();
}
