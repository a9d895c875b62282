using System.Text.Json;
using System.Threading.Channels;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>Answers <c>addr</c> with the addresses that stand in recorded trees, and tells those who watch when a later tree has others. Any thread.</summary>
internal sealed class SnapshotLeaves : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _known = [];
    private readonly List<(string Id, Channel<string> Events)> _watches = [];

    /// <summary>Takes the addresses of the last tree in what was recorded so far.</summary>
    public void Learn(string recorded)
    {
        if (HttpAnswer.Parse(recorded) is not [{ } answer, ..] || answer.Lines.LastOrDefault(line => line.StartsWith('{')) is not { } line)
        {
            return;
        }

        using var json = JsonDocument.Parse(line);
        lock (_lock)
        {
            foreach (var (id, addresses) in LeavesOf(json.RootElement))
            {
                if (_known.GetValueOrDefault(id) != addresses)
                {
                    _known[id] = addresses;
                    _watches.Where(watch => watch.Id == id).ToList().ForEach(watch => watch.Events.Writer.TryWrite(addresses));
                }
            }
        }
    }

    /// <summary>Answers one request.</summary>
    public async Task AnswerAsync(RawConnection connection, string request)
    {
        var id = Uri.UnescapeDataString(request.Split("path=")[1].Split('&', ' ')[0]);
        if (!request.Contains("watch=true", StringComparison.Ordinal))
        {
            await connection.SendAsync(NamerdHttp.Answer(Current(id) + "\n"));
            return;
        }

        var events = Channel.CreateUnbounded<string>();
        lock (_lock)
        {
            _watches.Add((id, events));
            events.Writer.TryWrite(_known[id]);
        }

        await connection.SendAsync(NamerdHttp.WatchHead);
        await foreach (var document in events.Reader.ReadAllAsync(connection.Stopped))
        {
            await connection.SendAsync(NamerdHttp.Chunk(document + "\n"));
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _watches.ForEach(watch => watch.Events.Writer.TryComplete());
        }

        return ValueTask.CompletedTask;
    }

    private string Current(string id)
    {
        lock (_lock)
        {
            return _known[id];
        }
    }

    private static IEnumerable<(string Id, string Addresses)> LeavesOf(JsonElement tree) => tree.GetProperty("type").GetString() switch
    {
        "leaf" => [(tree.GetProperty("bound").GetProperty("id").GetString()!, tree.GetProperty("bound").GetProperty("addr").GetRawText())],
        "union" => tree.GetProperty("union").EnumerateArray().SelectMany(branch => LeavesOf(branch.GetProperty("tree"))),
        _ => [],
    };
}
