using System.Text;
using System.Text.Json;

namespace Linkerd.Tcp.Namerd;

/// <summary>What happened at one point of a recorded connection: bytes came, or something was done to namerd.</summary>
public sealed record CapturedStep(string? Data, string? Did);

/// <summary>One recorded connection to a namerd.</summary>
/// <param name="Name">What was asked.</param>
/// <param name="Sent">What the client sent.</param>
/// <param name="Steps">What came, and what was done, in order.</param>
/// <param name="End">FIN, RST or open.</param>
public sealed record Capture(string Name, IReadOnlyList<string> Sent, IReadOnlyList<CapturedStep> Steps, string End)
{
    private static readonly string[] Files = ["resolve", "bind", "addr", "delegate", "dtabs", "watch", "pending", "transport"];
    private static readonly Dictionary<string, Capture> Captures = Files.SelectMany(Load).ToDictionary();

    /// <summary>The names of the captures about <c>/api/1/resolve</c>, as "file: name".</summary>
    public static TheoryData<string> Names => [.. Captures.Where(capture => capture.Value.Sent[0].Contains("/api/1/resolve", StringComparison.Ordinal)).Select(capture => capture.Key)];

    /// <summary>The names of the captures about <c>/api/1/bind</c> and <c>/api/1/addr</c>, as "file: name".</summary>
    public static TheoryData<string> NamesInTwoSteps => [.. Captures.Where(capture => capture.Value.IsAbout("bind") || capture.Value.IsAbout("addr")).Select(capture => capture.Key)];

    /// <summary>The names of all captures, as "file: name".</summary>
    public static TheoryData<string> AllNames => [.. Captures.Keys];

    /// <summary>The file that it is from, as <c>resolve</c>.</summary>
    public string From { get; private init; } = string.Empty;

    public bool IsWatch => Sent[0].Contains("watch=true", StringComparison.Ordinal);

    /// <summary>Whether its first request asks this question.</summary>
    public bool IsAbout(string endpoint) => Sent[0].Contains($" /api/1/{endpoint}/", StringComparison.Ordinal);

    public bool IsOfSilentDns => Name.Contains("whose DNS does not answer", StringComparison.Ordinal);

    /// <summary>The heads of requests that were sent; a pipelining client sends several at once.</summary>
    public int RequestCount => string.Concat(Sent).Split("\r\n\r\n").Length - 1;

    public IEnumerable<string> Reads => Steps.Where(step => step.Data is not null).Select(step => step.Data!);

    public static Capture Get(string name) => Captures[name];

    /// <summary>The captures that were made before one of the same file, in their order.</summary>
    public static IEnumerable<Capture> Before(Capture capture) => Captures.Values.Where(other => other.From == capture.From).TakeWhile(other => other != capture);

    private static IEnumerable<KeyValuePair<string, Capture>> Load(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Captures", file + ".json"), Encoding.UTF8));
        foreach (var entry in json.RootElement.EnumerateObject())
        {
            var got = entry.Value.GetProperty("got").EnumerateArray().ToList();
            var end = got.Select(step => Member(step, "end")).FirstOrDefault(value => value is not null) ?? "open";
            yield return new($"{file}: {entry.Name}", new Capture(
                entry.Name,
                [.. entry.Value.GetProperty("sent").EnumerateArray().Select(step => Member(step, "data")!)],
                [.. got.Select(step => new CapturedStep(Member(step, "data"), Member(step, "did"))).Where(step => step != new CapturedStep(null, null))],
                end)
            {
                From = file,
            });
        }
    }

    private static string? Member(JsonElement step, string name) => step.TryGetProperty(name, out var value) ? value.GetString() : null;
}
