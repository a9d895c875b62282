using System.Text.Json;
using System.Text.Json.Nodes;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>The recorded questions to namerd's interpreter, asked of the stand-in's: each dtab is refused, printed and bound as namerd did it.</summary>
public sealed class StandInInterpreterTests
{
    [Fact]
    public async Task StandIn_RecordedQuestions_AnswersAsNamerdDid()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        CapturedWorld.FurnishFiles(namerd);
        using var client = new HttpClient { BaseAddress = namerd.BaseAddress };
        using var questions = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Captures", "interpreter.json"), TestContext.Current.CancellationToken));
        var differences = new List<string>();
        var count = 0;
        foreach (var question in questions.RootElement.EnumerateArray())
        {
            count++;
            if (await CompareAsync(client, question) is { } difference)
            {
                differences.Add($"{question}\n{difference}");
            }
        }

        Assert.True(differences.Count == 0, $"{differences.Count} of {count} differ:\n{string.Join('\n', differences.Take(5))}");
        Assert.Equal(1000, count);
    }

    private static async Task<string?> CompareAsync(HttpClient client, JsonElement question)
    {
        var dtab = Member(question, "dtab") ?? string.Empty;
        if (Member(question, "path") is { } path && Member(question, "error") is null)
        {
            var query = $"/api/1/bind/nonesuch?path={Uri.EscapeDataString(path)}&dtab={Uri.EscapeDataString(dtab)}";
            using var answer = await client.GetAsync(new Uri(query, UriKind.Relative), TestContext.Current.CancellationToken);
            var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            if ((int)answer.StatusCode != question.GetProperty("status").GetInt32() || (question.TryGetProperty("bind", out var bind) && !AreEqual(bind.GetRawText(), body)))
            {
                return $"{answer.StatusCode}: {body}";
            }
        }

        using var content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(dtab)) { Headers = { ContentType = new("application/dtab") } };
        using var put = await client.PutAsync(new Uri("/api/1/dtabs/asked", UriKind.Relative), content, TestContext.Current.CancellationToken);
        if (Member(question, "error") is { } error)
        {
            var message = await put.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            return (int)put.StatusCode == 400 && message == error ? null : message;
        }

        using var get = new HttpRequestMessage(HttpMethod.Get, "/api/1/dtabs/asked") { Headers = { Accept = { new("application/dtab") } } };
        using var got = await client.SendAsync(get, TestContext.Current.CancellationToken);
        var shown = await got.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return Member(question, "shown") is not { } asShown || shown == asShown + "\n" ? null : shown;
    }

    private static bool AreEqual(string expected, string got)
    {
        var (left, right) = (JsonNode.Parse(expected)!, JsonNode.Parse(got)!);
        HttpAnswer.SortAddresses(left);
        HttpAnswer.SortAddresses(right);
        return JsonNode.DeepEquals(left, right);
    }

    private static string? Member(JsonElement question, string name) => question.TryGetProperty(name, out var value) ? value.GetString() : null;
}
