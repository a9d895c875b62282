using System.Text.Json;
using System.Text.Json.Nodes;
using Linkerd.Tcp.Cli.Resolving;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The document of <c>resolve --json</c>, against what a real namerd 1.7.5 answered to <c>bind</c> for the same dtab, name and files.</summary>
[Trait("Category", "AnyTransport")]
public sealed class RecordedBindTests : IDisposable
{
    private static readonly Dictionary<string, string> Files = new()
    {
        ["plain"] = "127.0.0.1 8080\n127.0.0.1 8081 * 0.23\n",
        ["web1"] = "127.0.0.1 9001\n127.0.0.1 9002\n",
        ["web2"] = "127.0.0.1 9003\n",
        ["web3"] = "127.0.0.1 9004 * 2\n",
        ["empty"] = string.Empty,
        ["comment"] = "# a comment\n",
        ["bad"] = "127.0.0.1 8080\nbad line here\n",
        ["dir/leaf"] = "127.0.0.1 7000\n",
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Json_EveryRecordedQuestion_IsAnsweredAsNamerdDid()
    {
        Directory.CreateDirectory(_folder.File("dir"));
        foreach (var (file, text) in Files)
        {
            await File.WriteAllTextAsync(_folder.File(file), text, TestContext.Current.CancellationToken);
        }

        var files = new FileNamer(_folder.Path);
        var questions = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Captures", "interpreter.json"), TestContext.Current.CancellationToken));
        var (asked, wrong) = (0, new List<string>());
        foreach (var question in questions.RootElement.EnumerateArray().Where(question => question.TryGetProperty("bind", out _)))
        {
            var dtab = question.TryGetProperty("dtab", out var text) ? text.GetString()! : string.Empty;
            var name = question.GetProperty("path").GetString()!;
            var expected = Normal(JsonNode.Parse(question.GetProperty("bind").GetRawText())!);
            var actual = await AnswerAsync(new LocalInterpreter(new() { Dtab = Dtab.Parse(dtab), Namers = [files] }), DstPath.Parse(name));
            asked++;
            if (actual != expected)
            {
                wrong.Add($"{name} by {dtab}\nexpected: {expected}\nactual:   {actual}\n");
            }
        }

        Assert.True(asked > 500, $"only {asked} were asked");
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {asked} differ, such as\n{string.Join('\n', wrong.Take(5))}");
    }

    private static async Task<string> AnswerAsync(LocalInterpreter interpreter, DstPath name)
    {
        await using var observer = new NameObserver(interpreter, name, TimeProvider.System);
        var delegation = await interpreter.DelegateAsync(name, TestContext.Current.CancellationToken);
        while (observer.Current.Missing.Any())
        {
            Assert.True(await observer.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken), $"{name}: {string.Join(", ", observer.Current.Missing)}");
        }

        return Normal(JsonNode.Parse(ResolveDocument.Print(observer.Current, delegation))!["bind"]!);
    }

    // Addresses are sets.
    private static string Normal(JsonNode node)
    {
        foreach (var addresses in Descendants(node).OfType<JsonObject>().Select(item => item["addrs"]).OfType<JsonArray>().ToList())
        {
            var sorted = addresses.Select(address => address!.ToJsonString()).Order(StringComparer.Ordinal).Select(address => JsonNode.Parse(address)).ToList();
            addresses.Clear();
            sorted.ForEach(addresses.Add);
        }

        return node.ToJsonString();
    }

    private static IEnumerable<JsonNode> Descendants(JsonNode? node) => node switch
    {
        JsonObject item => item.SelectMany(member => Descendants(member.Value)).Prepend(item),
        JsonArray array => array.SelectMany(Descendants).Prepend(array),
        _ => [],
    };
}
