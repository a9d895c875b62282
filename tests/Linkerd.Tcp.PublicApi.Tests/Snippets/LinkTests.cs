using System.Globalization;
using System.Text.RegularExpressions;

namespace Linkerd.Tcp.PublicApi.Tests.Snippets;

/// <summary>The links between the pages of the repository, and the titles of decisions.</summary>
public sealed partial class LinkTests
{
    [Fact]
    public void Links_BetweenPages_LeadToFilesAndHeadings()
    {
        var broken =
            from page in Repository.Files(".", "*.md", SearchOption.AllDirectories)
            let text = Read(page)
            from Match match in Link.Matches(text)
            let file = match.Groups["file"].Value is { Length: > 0 } path ? Path.GetFullPath(path, Path.GetDirectoryName(Path.GetFullPath(page, Repository.Root))!) : Path.GetFullPath(page, Repository.Root)
            let heading = match.Groups["heading"].Value
            where !Path.Exists(file) || (heading.Length > 0 && !Headings(File.ReadAllText(file)).Contains(heading))
            select $"{page}: {match.Value}";
        Assert.Equal("", string.Join('\n', broken));
    }

    [Fact]
    public void Decisions_EveryFile_IsTitledWithItsNumber()
    {
        var untitled =
            from page in Repository.Files("docs/decisions", "*.md", SearchOption.TopDirectoryOnly)
            let number = int.Parse(Path.GetFileName(page).AsSpan(0, 4), CultureInfo.InvariantCulture)
            where !Read(page).StartsWith($"# {number}. ", StringComparison.Ordinal)
            select page;
        Assert.Empty(untitled);
    }

    [GeneratedRegex(@"\]\((?<file>[^):#]*)(#(?<heading>[^)]+))?\)")]
    private static partial Regex Link { get; }

    [GeneratedRegex("^#+ +(?<text>.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading { get; }

    [GeneratedRegex("[^a-z0-9_ -]")]
    private static partial Regex Punctuation { get; }

    [GeneratedRegex("^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block { get; }

    private static string Read(string page) => Block.Replace(File.ReadAllText(Path.Combine(Repository.Root, page)), "");

    // As GitHub makes the anchor of a heading.
    private static HashSet<string> Headings(string text) =>
        [.. Heading.Matches(text).Select(static match => Punctuation.Replace(match.Groups["text"].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'))];
}
