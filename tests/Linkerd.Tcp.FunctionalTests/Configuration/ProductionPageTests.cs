using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The page "From zero to production": its commands are run, line by line, and print what it shows.</summary>
[Trait("Category", "AnyTransport")]
public sealed partial class ProductionPageTests
{
    private const string Mark = "\u0001";

    [Fact]
    public async Task Page_EachCommand_PrintsWhatIsShown()
    {
        using var folder = new TemporaryFolder();
        foreach (var program in (string[])["python3", "curl", "openssl"])
        {
            _ = Require.Program(program);
        }

        var page = WithFreePorts(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Golden", "production.md"), TestContext.Current.CancellationToken));
        var commands = new List<(string Text, string Output)>();
        foreach (Match block in Block.Matches(page))
        {
            if (block.Groups["file"].Success)
            {
                await File.WriteAllTextAsync(folder.File(block.Groups["file"].Value), block.Groups["text"].Value, TestContext.Current.CancellationToken);
            }
            else
            {
                commands.AddRange(Commands(block.Groups["text"].Value));
            }
        }

        Assert.True(commands.Count > 15, "the page has no commands");
        var script = new StringBuilder($"cd '{folder.Path}'\nmkdir bin\nln -s '{Executable.FileName}' bin/linkerd-tcp\nPATH=$PWD/bin:$PATH\nexport LINKERD_TCP_LOG=info\n");
        foreach (var (text, _) in commands)
        {
            script.Append(CultureInfo.InvariantCulture, $"printf '{Mark}\\n'\n{text}\n");
        }

        // The servers of the page run until then.
        script.Append("kill $(jobs -p) 2> /dev/null\n");
        await using var shell = await ChildProcess.RunAsync("/bin/bash", ["-s"], TestContext.Current.CancellationToken, script.ToString());
        var outputs = string.Concat(shell.Output.Lines.Select(static line => line + "\n")).Split(Mark + "\n")[1..];
        Assert.Equal("", string.Join('\n', shell.Error.Lines));
        Assert.Equal(commands.Count, outputs.Length);
        foreach (var ((text, expected), output) in commands.Zip(outputs))
        {
            // "..." is any text, and a port may move the column of a comment.
            var pattern = Spaces.Replace(Regex.Escape(expected).Replace(@"\.\.\.", ".*", StringComparison.Ordinal), @"\ +");
            Assert.True(Regex.IsMatch(output, $@"\A{pattern}\z"), $"$ {text}\n{output}expected:\n{expected}");
        }
    }

    private static IEnumerable<(string Text, string Output)> Commands(string block)
    {
        foreach (var part in ("\n" + block).Split("\n$ ")[1..])
        {
            var end = part.IndexOf('\n', StringComparison.Ordinal);
            yield return end < 0 ? (part, "") : (part[..end], part[(end + 1)..] is { Length: > 0 } output ? output.TrimEnd('\n') + "\n" : "");
        }
    }

    // The ports of the page may be taken; the columns of comments stay.
    private static string WithFreePorts(string page) =>
        Port.Matches(page).Select(static match => match.Value).Distinct().Aggregate(page, static (text, port) => text.Replace(port, Free(), StringComparison.Ordinal));

    private static string Free() => FreePort.Next().ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^```(console|yaml (?<file>\S+))\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block { get; }

    [GeneratedRegex(@"(\\ ){2,}")]
    private static partial Regex Spaces { get; }

    [GeneratedRegex(@"\b(8081|8082|7575|7443|9989)\b")]
    private static partial Regex Port { get; }
}
