using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Linkerd.Tcp.PublicApi.Tests.Snippets;

/// <summary>The code that the pages show: all of it compiles, and what it prints is what they say.</summary>
public sealed partial class SnippetTests
{
    private const BindingFlags AnyMember = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.FlattenHierarchy;

    public static TheoryData<string, int> All { get; } = [.. ReadAll().Select(static snippet => (snippet.Page, snippet.Line))];

    public static TheoryData<string, int> Printing { get; } = [.. ReadAll().Where(static snippet => snippet.Output is not null).Select(static snippet => (snippet.Page, snippet.Line))];

    [Theory]
    [MemberData(nameof(All))]
    public void Compile_EverySnippet_HasNoErrors(string page, int line) => AssertNone(SnippetCompiler.Compile(Find(page, line), "snippet"));

    [Theory]
    [MemberData(nameof(Printing))]
    public async Task Run_SnippetWithOutput_PrintsWhatThePageShows(string page, int line)
    {
        var snippet = Find(page, line);
        var name = $"snippet-{Guid.NewGuid():n}";
        var file = Path.Combine(AppContext.BaseDirectory, name + ".dll");
        try
        {
            AssertNone(SnippetCompiler.Compile(snippet, name, file));
            Assert.Equal(snippet.Output, await RunAsync(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Compile_SnippetWithAnError_SaysPageAndLine()
    {
        var page = "Text.\n\n```csharp\nvar proxy = 1;\nproxy.Start();\n```\n";
        var snippet = Assert.Single(Snippet.Read("docs/page.md", page));
        Assert.StartsWith("docs/page.md:5: CS1061: ", Assert.Single(SnippetCompiler.Compile(snippet, "snippet")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("```csharp\na\n```\n\n```text\nb\n```\n", "b\n")]
    [InlineData("```csharp\na\n```\n```\nb\n```\n", null)]
    [InlineData("```csharp\na\n```\nwords\n```text\nb\n```\n", null)]
    public void Read_BlockBelow_IsTheOutputIfItIsTextAndFollows(string page, string? output) => Assert.Equal(output, Assert.Single(Snippet.Read("page.md", page)).Output);

    [Fact]
    public void Pages_MembersThatTheyName_Exist()
    {
        var types = Repository.PublicTypes.ToLookup(static type => type.Name);
        var missing =
            from page in Repository.Pages()
            from Match match in QualifiedName.Matches(File.ReadAllText(Path.Combine(Repository.Root, page)))
            let type = match.Groups["type"].Value
            let member = match.Groups["member"].Value
            where types.Contains(type) && !types[type].Concat(types[type + "Extensions"]).Any(found => found.GetMember(member, AnyMember).Length > 0)
            select $"{page}: {type}.{member}";
        AssertNone(missing);
    }

    [GeneratedRegex(@"`(?<type>[A-Z]\w+)\.(?<member>[A-Z]\w+)[`.(<]")]
    private static partial Regex QualifiedName { get; }

    private static void AssertNone(IEnumerable<string> errors) => Assert.Equal("", string.Join('\n', errors));

    private static IEnumerable<Snippet> ReadAll() => Repository.Pages().SelectMany(static page => Snippet.Read(page, File.ReadAllText(Path.Combine(Repository.Root, page))));

    private static Snippet Find(string page, int line) => ReadAll().Single(snippet => snippet.Page == page && snippet.Line == line);

    // A process of its own, as it prints to its standard output. It has the assemblies and the frameworks of this one.
    private static async Task<string> RunAsync(string file)
    {
        var framework = Path.Combine(AppContext.BaseDirectory, Assembly.GetExecutingAssembly().GetName().Name + ".runtimeconfig.json");
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", "--runtimeconfig", framework, file]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        process.StandardInput.Close();
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1));
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, process.ExitCode);
            return output;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
