namespace Linkerd.Tcp.PublicApi.Tests.Snippets;

/// <summary>A block of C# on a page, and the output that the page shows below it.</summary>
/// <param name="Page">The page, by its path from the root of the repository.</param>
/// <param name="Line">The number of its first line of code on the page.</param>
/// <param name="Code">The code, with a line feed after each line.</param>
/// <param name="Output">The content of the block of text that follows it, with nothing but blank lines between; null if there is none.</param>
internal sealed record Snippet(string Page, int Line, string Code, string? Output)
{
    private const string Fence = "```";

    /// <summary>Reads the snippets of a page.</summary>
    public static IEnumerable<Snippet> Read(string page, string text)
    {
        var blocks = ReadBlocks(text.Split('\n')).ToList();
        for (var i = 0; i < blocks.Count; i++)
        {
            if (blocks[i].Language == "csharp")
            {
                var output = i + 1 < blocks.Count && blocks[i + 1] is { Language: "text", FollowsBlock: true } next ? next.Content : null;
                yield return new Snippet(page, blocks[i].Line, blocks[i].Content, output);
            }
        }
    }

    private static IEnumerable<(string Language, int Line, string Content, bool FollowsBlock)> ReadBlocks(string[] lines)
    {
        var follows = false;
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith(Fence, StringComparison.Ordinal))
            {
                var (language, first) = (lines[i][Fence.Length..].Trim(), i + 1);
                for (i = first; i < lines.Length && lines[i].TrimEnd() != Fence; i++)
                {
                }

                yield return (language, first + 1, string.Concat(lines[first..Math.Min(i, lines.Length)].Select(static line => line.TrimEnd('\r') + "\n")), follows);
                follows = true;
            }
            else if (!string.IsNullOrWhiteSpace(lines[i]))
            {
                follows = false;
            }
        }
    }
}
