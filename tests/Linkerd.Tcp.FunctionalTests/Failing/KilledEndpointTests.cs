using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>One of three servers is killed under load.</summary>
public sealed class KilledEndpointTests
{
    [Fact]
    public async Task ServerKilledUnderLoad_OnlyTheSessionsEstablishedOnIt_Fail()
    {
        await using var first = await ServerProgram.StartRedisAsync();
        await using var second = await ServerProgram.StartRedisAsync();
        await using var killed = await ServerProgram.StartRedisAsync();
        await using var group = await ServerGroup.StartAsync([first.EndPoint, second.EndPoint, killed.EndPoint]);
        await using var proxy = await group.ProxyWithDebugLogAsync();
        await using var load = new ClosedLoad(proxy.EndPoint, clients: 24, ClientTalks.Redis(requests: 40));
        await load.WaitForAsync(100);

        // Sessions that wait, as those of the load may just have been answered: opened until some are on the server that is killed, and some on another.
        var waiting = new List<(Socket Client, bool IsOnKilled)>();
        while (waiting.Count < 12 || waiting.TrueForAll(session => session.IsOnKilled) || waiting.TrueForAll(session => !session.IsOnKilled))
        {
            Assert.True(waiting.Count < 500, "500 sessions in a row have the same server.");
            var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
            waiting.Add((client, await AskPortAsync(client) == killed.EndPoint.Port));
        }

        var killedAt = Stopwatch.GetTimestamp();
        killed.Send(Signal.Kill);
        await killed.WaitForExitAsync();
        await load.WaitForAsync(300);
        await load.StopAsync();
        foreach (var (client, isOnKilled) in waiting)
        {
            if (isOnKilled)
            {
                await Eventually.IsTrueAsync(() => client.Poll(0, SelectMode.SelectRead), () => $"{client.LocalEndPoint} was not cut");
            }
            else
            {
                Assert.False(client.Poll(0, SelectMode.SelectRead), $"{client.LocalEndPoint} was cut");
            }
        }

        var cut = waiting.Count(session => session.IsOnKilled);
        waiting.ForEach(session => session.Client.Dispose());

        // Who served whom the proxy's log has, of those too that never heard from their server.
        var sessions = load.Ended;
        await Eventually.IsTrueAsync(() => proxy.Sessions().Sum(client => client.Count()) >= sessions.Count, () => proxy.Error.Text);
        var served = proxy.Sessions();
        bool IsOnKilled(SessionOutcome session) => served[session.Client!.ToString()!].Contains(killed.EndPoint.ToString());
        var established = sessions.Where(session => session.EndedAt >= killedAt && session.Client is not null && IsOnKilled(session)).ToList();
        var failed = load.Failed;
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{sessions.Count} sessions: {established.Count} were established on the killed server when it was sent the signal, or before it died; "
            + $"{failed.Count} failed, {failed.Count(session => !established.Contains(session))} of them elsewhere; {cut} of {waiting.Count} that waited were cut");
        Assert.All(failed, session => Assert.True(established.Contains(session), $"{session}\n{proxy.Error.Text}"));
    }

    // The port that a Redis listens on, which it tells: it says who serves the session.
    private static async Task<int> AskPortAsync(Socket client)
    {
        await client.SendTextAsync("CONFIG GET port\r\n").InTimeAsync();
        const string Key = "*2\r\n$4\r\nport\r\n";
        Assert.Equal(Key, await client.ReceiveTextAsync(Key.Length).InTimeAsync());
        var length = await client.ReceiveTextAsync("$5\r\n".Length).InTimeAsync();
        var port = await client.ReceiveTextAsync(int.Parse(length[1..2], CultureInfo.InvariantCulture) + 2).InTimeAsync();
        return int.Parse(port[..^2], CultureInfo.InvariantCulture);
    }
}
