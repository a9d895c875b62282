using System.Reflection;
using System.Text.RegularExpressions;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The programs of the cookbook: each shows its point, ends with 0, and prints what its page shows, but for the numbers.</summary>
[Trait("Category", "AnyTransport")]
public sealed partial class ExampleProgramTests
{
    // Those that are run by a script, and by hand.
    private static readonly string[] Others = ["quickstart", "namerd"];

    public static TheoryData<string, string> All { get; } = new()
    {
        { "blue-green", "^0 connections failed$" },
        { "canary", @"^1 : 1, canary stopped +stable 1000 +canary +0 " },
        { "custom-balancer", @"^zone a is down +a: 0 \+ 0 " },
        { "custom-resolver", "^the catalogue is down, the endpoints are kept: +three [1-9][0-9], two [1-9][0-9]$" },
        { "fault-injection", "Total: 7, Errors: 0, Failed: 0, Skipped: 0" },
        { "http-client", "^0 requests failed;" },
        { "kestrel", "^TCP +db-2 100$" },
        { "redis", "^redis-[12] was killed; redis-[12] answers [0-9]+ ms later$" },
        { "sidecar", "^the session that was open: users-1, and still users-1$" },
        { "sni-router", @"^orders\.api\.example\.com +api, with the certificate CN=\*\.api\.example\.com$" },
    };

    [Theory]
    [MemberData(nameof(All))]
    public async Task Run_Example_ShowsItsPointAndPrintsWhatItsPageShows(string name, string point)
    {
        if (name == "redis")
        {
            Require.Program("redis-server");
        }

        var shown = Shown().Match(await File.ReadAllTextAsync(Path.Combine(Folder(name), "README.md"), TestContext.Current.CancellationToken));
        Assert.True(shown.Success && shown.Groups["name"].Value == name, "the page has no command followed by what it prints");
        var program = Path.Combine(Folder(name), "bin", Metadata("ExampleOutput"), name);
        Assert.True(File.Exists(program), $"{program} has not been built");
        await using var process = await ChildProcess.RunAsync(program, shown.Groups["arguments"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries), TestContext.Current.CancellationToken);
        var printed = process.Output.Text;
        Assert.Equal((0, ""), (await process.WaitForExitAsync(TestContext.Current.CancellationToken), process.Error.Text));
        Assert.Contains(process.Output.Lines, line => Regex.IsMatch(line, point));
        Assert.Equal(WithoutNumbers(shown.Groups["output"].Value), WithoutNumbers(printed));
    }

    [Theory]
    [InlineData("blue-green/blue-green.yml")]
    [InlineData("canary/canary.yml")]
    [InlineData("sidecar/sidecar.json")]
    [InlineData("sni-router/sni-router.yml")]
    public async Task ConfigCheck_FileOfAnExample_IsValid(string file)
    {
        await using var check = await Executable.RunAsync("config", "check", Path.Combine(Metadata("Examples"), file));
        Assert.Equal((0, ""), (await check.WaitForExitAsync(TestContext.Current.CancellationToken), check.Error.Text));
    }

    [Fact]
    public void Index_EveryExample_IsListedAndRun()
    {
        var names = Directory.EnumerateFiles(Metadata("Examples"), "*.csproj", SearchOption.AllDirectories).Select(static file => Path.GetFileName(Path.GetDirectoryName(file)!)).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(names, All.Select(static row => row.Data.Item1).Concat(Others).Order(StringComparer.Ordinal));
        var index = File.ReadAllText(Path.Combine(Metadata("Examples"), "README.md"));
        Assert.All(names, name => Assert.Contains($"]({name})", index, StringComparison.Ordinal));
    }

    private static string Folder(string name) => Path.Combine(Metadata("Examples"), name);

    private static string Metadata(string key) => typeof(ExampleProgramTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == key).Value!;

    // Numbers, and the spaces that align them; the identifiers of xunit are hexadecimal.
    private static string WithoutNumbers(string text) => Varying().Replace(text.Trim(), static match => match.ValueSpan[0] is ' ' ? " " : "#");

    [GeneratedRegex("^```\ndotnet run --project examples/(?<name>[^ \n]+)(?: -- (?<arguments>[^\n]+))?\n```\n\n```\n(?<output>.*?)\n```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Shown();

    [GeneratedRegex(" +|[0-9a-f]{32,}|[0-9]+(?:[.,][0-9]+)*")]
    private static partial Regex Varying();
}
