using System.Text.RegularExpressions;
using Xunit;

namespace Linkerd.Tcp.Tests.Architecture;

/// <summary>What can be told from the source text of src/ alone: arrows between folders, file sizes, event ids.</summary>
public sealed partial class ArchitectureTests
{
    private const int MaxLines = 400;

    private static readonly SourceFile[] Core = [.. SourceTree.Read("Linkerd.Tcp.Core")];

    [Fact]
    public void Rooms_EachOne_KnowsOnlyRoomsBelowIt()
    {
        var below = new HashSet<string>();
        foreach (var (room, knows) in Rooms.All)
        {
            Assert.Subset(below, knows.ToHashSet());
            below.Add(room);
        }

        Assert.Empty(Rooms.Violations(Core, room => Rooms.All.Single(known => known.Room == room).Knows, Core));
    }

    [Fact]
    public void Core_EveryFile_IsInARoomThatIsKnownHere()
    {
        Assert.Empty(Core.Where(file => Rooms.All.All(known => known.Room != file.Room)).Select(file => file.Path));
    }

    [Fact]
    public void Namerd_KnowsOfCore_NamesAndResolutionsAlone()
    {
        Assert.Empty(Rooms.Violations([.. SourceTree.Read("Linkerd.Tcp.Namerd")], _ => Rooms.KnownByNamerd, Core));
    }

    [Fact]
    public void Hosting_EachFolder_KnowsOnlyFoldersBelowIt()
    {
        SourceFile[] hosting = [.. SourceTree.Read("Linkerd.Tcp.Hosting")];
        Assert.Empty(Rooms.Violations(hosting, static room => Rooms.Hosting[..Array.IndexOf(Rooms.Hosting, room)], hosting));
    }

    [Theory]
    [InlineData("Linkerd.Tcp.Core")]
    [InlineData("Linkerd.Tcp.Hosting")]
    [InlineData("linkerd-tcp")]
    [InlineData("Linkerd.Tcp.Namerd")]
    [InlineData("Linkerd.Tcp.Namerd.Mesh")]
    public void Folders_AtEveryDepth_HaveNoCircles(string project)
    {
        var graph = new FolderGraph([.. SourceTree.Read(project)]);
        var circles = graph.Circles().Where(circle => Rooms.KnownCircles.GetValueOrDefault(project) != circle).ToList();
        Assert.True(circles.Count == 0, string.Join("\n\n", circles.Select(circle => circle + '\n' + string.Join('\n', graph.Explain(circle)))));
    }

    [Fact]
    public void Sources_EveryFile_IsShort()
    {
        Assert.Empty(SourceTree.Read().Where(file => file.Text.AsSpan().Count('\n') > MaxLines).Select(file => file.Path));
    }

    [Fact]
    public void LogMessages_EventIds_AreThereAndUnique()
    {
        var ids = new Dictionary<string, string>();
        foreach (var file in SourceTree.Read())
        {
            foreach (Match attribute in LogMessage().Matches(file.Text))
            {
                var id = attribute.Groups["id"];
                Assert.True(id.Success, $"{file.Path}: a log message without an event id");
                Assert.True(ids.TryAdd(id.Value, file.Path), $"{file.Path}: event id {id.Value} is already used in {ids.GetValueOrDefault(id.Value)}");
            }
        }

        Assert.NotEmpty(ids);
    }

    // An exception in a method that C calls ends the process. Those of the BIO copy within bounds, and do nothing else.
    [Fact]
    public void MethodsThatCCalls_EachOne_CatchesEverything()
    {
        var methods = Core.SelectMany(static file => Unmanaged().Matches(file.Text).Select(match => (file.Path, Name: match.Groups["name"].Value, Text: match.Value))).ToList();
        Assert.Equal(Core.Sum(static file => file.Text.Split("[UnmanagedCallersOnly").Length - 1), methods.Count);
        Assert.Equal(
            ["Read", "Write"],
            methods.Where(static method => !CatchesAll().IsMatch(method.Text)).Select(static method => method.Path == "Security/OpenSsl/OpenSslMemory.cs" ? method.Name : $"{method.Path}: {method.Name}"));
    }

    // A control: were the scanner blind, the tests above would all pass.
    [Fact]
    public void Violations_NothingAllowed_FindsTheArrowsThatThereAre()
    {
        var arrows = Rooms.Violations(Core, _ => [], Core).ToList();

        Assert.Contains("Resolving/IResolver.cs uses DstPath, which is of Primitives", arrows);
        Assert.Contains("Balancing/Endpoints/PickState.cs uses IRandomSource, which is of Primitives", arrows);
        Assert.DoesNotContain(arrows, arrow => arrow.StartsWith("Primitives/", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\[LoggerMessage\s*\((?:[^()""]*?EventId\s*=\s*(?<id>\d+)|\s*(?<id>\d+))?")]
    private static partial Regex LogMessage();

    // A member ends with a brace, or an expression's semicolon, in front of an empty line or the end of its type.
    [GeneratedRegex(@"\[UnmanagedCallersOnly[^\]]*\]\s*[^(]*?(?<name>\w+)\(.*?(?=\n\n    \S|\n}|\z)", RegexOptions.Singleline)]
    private static partial Regex Unmanaged();

    [GeneratedRegex(@"\)\s*\{\s*try\s*\{.*\n        catch \(Exception\b[^\n]*\n        \{.*\n        \}\n    \}\z", RegexOptions.Singleline)]
    private static partial Regex CatchesAll();
}
