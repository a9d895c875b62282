using System.Diagnostics;
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

        // Some that wait, as those of the load may just have been answered: about a third of these is on the server that is killed.
        var waiting = new List<Socket>();
        for (var i = 0; i < 12; i++)
        {
            var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
            waiting.Add(client);
            await client.SendTextAsync("PING\r\n").InTimeAsync();
            Assert.Equal("+PONG\r\n", await client.ReceiveTextAsync(7).InTimeAsync());
        }

        var killedAt = Stopwatch.GetTimestamp();
        killed.Send(Signal.Kill);
        await killed.WaitForExitAsync();
        await load.WaitForAsync(300);
        await load.StopAsync();
        var cut = waiting.Count(client => client.Poll(0, SelectMode.SelectRead));
        waiting.ForEach(client => client.Dispose());

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
        Assert.InRange(cut, 1, waiting.Count - 1);
        Assert.All(failed, session => Assert.True(established.Contains(session), $"{session}\n{proxy.Error.Text}"));
    }
}
