using System.Diagnostics;
using System.Globalization;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>One of three servers is stopped under load: its kernel still accepts, and nothing is ever answered.</summary>
public sealed class StoppedEndpointTests : IAsyncLifetime
{
    private const int Clients = 30;
    private readonly List<ServerProgram> _servers = [];
    private ServerGroup _group = null!;

    private ServerProgram Stopped => _servers[0];

    private string StoppedPort => Stopped.EndPoint.Port.ToString(CultureInfo.InvariantCulture);

    public async ValueTask InitializeAsync()
    {
        for (var i = 0; i < 3; i++)
        {
            _servers.Add(await ServerProgram.StartRedisAsync());
        }

        _group = await ServerGroup.StartAsync(_servers.Select(server => server.EndPoint));
    }

    public async ValueTask DisposeAsync()
    {
        if (_group is not null)
        {
            await _group.DisposeAsync();
        }

        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task ServerStopped_WithoutChecks_SessionsStuckOnItAreAtMostTwiceItsFairLoad()
    {
        await using var proxy = await _group.ProxyAsync();
        await using var load = new ClosedLoad(proxy.EndPoint, Clients, ClientTalks.Redis(requests: 2));
        await load.WaitForAsync(200);
        Stopped.Send(Signal.Stop);
        await load.WaitForAsync(1000);
        var continuedAt = Stopwatch.GetTimestamp();
        Stopped.Send(Signal.Continue);
        await load.StopAsync();
        var stuck = load.Ended.Count(session => session.StartedAt < continuedAt && session.EndedAt > continuedAt && session.Server == StoppedPort);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{load.Ended.Count} sessions of {Clients} clients, {load.Failed.Count} failed; {stuck} were stuck on the stopped server, whose fair load is {Clients / 3}");
        Assert.Empty(load.Failed);
        Assert.InRange(stuck, 1, 2 * Clients / 3);
    }

    [Fact]
    public async Task ServerStopped_WithChecksThatExpectAnAnswer_IsOutUntilItAnswersAgain()
    {
        await using var proxy = await _group.ProxyAsync(
            "--active-check", "200ms", "--check-send", @"PING\r\n", "--check-expect", "+PONG", "--slow-start", "1s");
        await using var load = new ClosedLoad(proxy.EndPoint, Clients, ClientTalks.Redis(requests: 2));
        await load.WaitForAsync(200);
        var stoppedAt = Stopwatch.GetTimestamp();
        Stopped.Send(Signal.Stop);
        await proxy.WaitForEjectionAsync(Stopped.EndPoint);
        var outAt = Stopwatch.GetTimestamp();
        await load.WaitForAsync(300);
        var continuedAt = Stopwatch.GetTimestamp();
        Stopped.Send(Signal.Continue);
        await proxy.WaitForReturnAsync(Stopped.EndPoint);
        var backAt = Stopwatch.GetTimestamp();
        await load.WaitForAsync(sessions => sessions.Any(session => session.StartedAt > backAt && session.Server == StoppedPort));
        await load.StopAsync();

        var (timeToOut, timeToBack) = (Stopwatch.GetElapsedTime(stoppedAt, outAt), Stopwatch.GetElapsedTime(continuedAt, backAt));
        var whileOut = load.Ended.Where(session => session.StartedAt > outAt && session.StartedAt < continuedAt).ToList();
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"out after {timeToOut.TotalMilliseconds:0} ms, with {load.Ended.Count(session => session.StartedAt < outAt && session.EndedAt > continuedAt)} sessions stuck on it of {Clients}; "
            + $"{whileOut.Count} sessions began while it was out; back after {timeToBack.TotalMilliseconds:0} ms; {load.Failed.Count} failed");
        Assert.Empty(load.Failed);
        Assert.DoesNotContain(whileOut, session => session.Server == StoppedPort);

        // 3 failures at 200 ms, and 200 ms for the last of them; 2 successes at 200 ms. The rest is for the machine.
        Assert.InRange(timeToOut, TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(800 + 4000));
        Assert.InRange(timeToBack, TimeSpan.Zero, TimeSpan.FromMilliseconds(400 + 4000));
    }
}
