using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>
/// A server that does to each connection that asks the question under test what the test says, byte by byte, and answers every other question as
/// namerd does: a name is bound to one leaf, and the id <c>/#/ports/1/2</c> has the ports 1 and 2.
/// </summary>
internal sealed class ScriptServer : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<string> _requests = [];
    private readonly RawServer _server;
    private int _connections;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ScriptServer(Asked asked, Func<ScriptConnection, Task> script) => _server = RawServer.Start(async raw =>
    {
        // Polls may share a connection.
        while (await raw.ReadRequestAsync() is { } request)
        {
            if (request.Contains($"/api/1/{asked.Endpoint()}/", StringComparison.Ordinal))
            {
                var connection = new ScriptConnection(this, raw, request, Interlocked.Increment(ref _connections) - 1);
                await script(connection);
                return;
            }

            var document = asked == Asked.Addr ? Questions.Leaf("/#/io.l5d.fs/web") : NamerdHttp.Bound([.. PortsOf(request)]);
            await raw.SendAsync(request.Contains("watch=true", StringComparison.Ordinal) ? NamerdHttp.WatchHead + NamerdHttp.Chunk(document) : NamerdHttp.Answer(document));
        }
    });

    public Uri BaseAddress => _server.BaseAddress;

    /// <summary>How many connections came with the question under test.</summary>
    public int ConnectionCount => Volatile.Read(ref _connections);

    /// <summary>The request lines of the question under test.</summary>
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    public static ScriptServer Start(Asked asked, Func<ScriptConnection, Task> script) => new(asked, script);

    public static ScriptServer Answering(Asked asked, string answer) => Start(asked, async connection =>
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync(answer);
    });

    public void StopListening() => _server.StopListening();

    /// <summary>Waits until so many requests of the question under test have come.</summary>
    public async Task WaitForRequestsAsync(int count, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_requests.Count >= count)
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(Watcher.Patience, cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    internal void Note(string request)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _requests.Add(request[..request.IndexOf("\r\n", StringComparison.Ordinal)]);
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }

    private static IEnumerable<int> PortsOf(string request)
    {
        var path = Uri.UnescapeDataString(request.Split("path=")[1].Split('&', ' ')[0]);
        return path.Split('/').Skip(3).Select(port => int.Parse(port, System.Globalization.CultureInfo.InvariantCulture));
    }
}

/// <summary>A connection that came with the question under test.</summary>
internal sealed class ScriptConnection(ScriptServer server, RawConnection connection, string first, int index)
{
    private bool _read;

    /// <summary>Which of the connections with this question it is, from 0.</summary>
    public int Index => index;

    public CancellationToken Stopped => connection.Stopped;

    public async Task<string?> ReadRequestAsync()
    {
        var request = _read ? await connection.ReadRequestAsync() : first;
        _read = true;
        if (request is not null)
        {
            server.Note(request);
        }

        return request;
    }

    public Task SendAsync(string text) => connection.SendAsync(text);

    public Task SendByteByByteAsync(string text) => connection.SendByteByByteAsync(text);

    public void Finish() => connection.Finish();

    public void Reset() => connection.Reset();

    public async Task WaitForCloseAsync()
    {
        while (await ReadRequestAsync() is not null)
        {
            // A request that nobody answers.
            continue;
        }
    }
}
