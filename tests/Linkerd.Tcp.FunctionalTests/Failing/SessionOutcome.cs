using System.Diagnostics;
using System.Net;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>What a client of a load remembers of one session.</summary>
internal sealed class SessionOutcome
{
    /// <summary>When it began to connect, as a timestamp.</summary>
    public long StartedAt { get; } = Stopwatch.GetTimestamp();

    /// <summary>When it ended.</summary>
    public long EndedAt { get; private set; }

    /// <summary>The client's own address, once connected.</summary>
    public EndPoint? Client { get; set; }

    /// <summary>Who serves it, once the server has said so.</summary>
    public string? Server { get; set; }

    /// <summary>Why it failed; null where it did not.</summary>
    public Exception? Error { get; private set; }

    /// <summary>From its start to its end.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(StartedAt, EndedAt);

    /// <summary>Connects, talks, and notes how that ended.</summary>
    /// <param name="proxy">Where to.</param>
    /// <param name="talk">All of the session; notes who serves it.</param>
    public async Task RunAsync(IPEndPoint proxy, ClientTalk talk)
    {
        try
        {
            using var client = await ClientSocket.ConnectAsync(proxy);
            Client = client.LocalEndPoint;
            await talk(this, client);
        }
        catch (Exception error)
        {
            Error = error;
        }

        EndedAt = Stopwatch.GetTimestamp();
    }

    public override string ToString() => $"{Client} served by {Server ?? "nobody"}, {Elapsed.TotalMilliseconds:0} ms: {Error?.Message ?? "good"}";
}
