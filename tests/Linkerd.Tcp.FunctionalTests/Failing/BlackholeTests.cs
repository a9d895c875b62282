using System.Diagnostics;
using System.Net;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>One endpoint of four never answers a SYN.</summary>
public sealed class BlackholeTests
{
    private const int Sessions = 3000;
    private const int Unread = 3;

    // All of them may take their full share at once.
    private static readonly string[] Options = ["--attempt-timeout", "1s", "--slow-start", "off", "--stats", "1"];

    [Fact]
    public async Task OneWithAFullBacklogJoinsThree_NoSessionFailsAndFewAreDelayed()
    {
        Require.Linux();
        using var blackhole = await FullBacklog.CreateAsync();
        await using var servers = new ThreeBackends(IPAddress.Loopback);
        await using var group = await ServerGroup.StartAsync(servers.EndPoints);
        await using var proxy = await group.ProxyAsync(Options);
        await PacedLoad.WarmUpAsync(proxy.EndPoint, 200, ClientTalks.GreetAndEchoAsync);
        group.Set([blackhole.EndPoint, .. servers.EndPoints]);
        await proxy.WaitForEndpointsAsync(4);
        await LoadAsync(proxy, blackhole.EndPoint);
    }

    [Fact]
    public async Task SynsToOneOfFourAreDropped_InANamespace_NoSessionFailsAndFewAreDelayed()
    {
        await using var network = await NetworkNamespace.CreateAsync();
        await using var servers = new ThreeBackends(network.Outside);
        await using var dropped = new TcpBackend(Serve.GreetAndEcho("4"), network.Outside);
        await using var group = await ServerGroup.StartAsync([dropped.EndPoint, .. servers.EndPoints], network.Outside);
        await using var proxy = await ProxyProcess.StartAsync(
            Executable.FileName,
            "/svc/web",
            TestContext.Current.CancellationToken,
            group.Options(Options),
            listen: new IPEndPoint(network.Inside, 0).ToString(),
            through: network.Run);
        await PacedLoad.WarmUpAsync(proxy.EndPoint, 200, ClientTalks.GreetAndEchoAsync);
        Assert.True(dropped.Accepted > 0, "nothing came through");
        await network.DropSynsAsync(dropped.EndPoint);
        var accepted = dropped.Accepted;
        await LoadAsync(proxy, dropped.EndPoint);
        Assert.Equal(accepted, dropped.Accepted);
    }

    private static async Task LoadAsync(ProxyProcess proxy, IPEndPoint blackhole)
    {
        var started = Stopwatch.GetTimestamp();
        var opening = OpenedAsync();
        var sessions = await PacedLoad.RunAsync(proxy.EndPoint, Sessions, perSecond: 300, ClientTalks.GreetAndEchoAsync);
        var opened = await opening;
        var timeouts = (await proxy.StopAndCountAsync())["linkerd.tcp.connect.failures{cause=timeout}"];

        // A session that took long for another reason, such as a machine that stood still, waited for no attempt.
        var delayed = sessions.OrderByDescending(session => session.Elapsed).Take((int)timeouts).Where(session => session.Elapsed >= TimeSpan.FromMilliseconds(950)).ToList();
        var (before, after) = (sessions.Count(session => session.StartedAt < opened), sessions.Count(session => session.StartedAt >= opened));
        var (delayedBefore, delayedAfter) = (delayed.Count(session => session.StartedAt < opened), delayed.Count(session => session.StartedAt >= opened));
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{sessions.Count(session => session.Error is not null)} of {Sessions} failed; {timeouts} attempts timed out; the breaker opened after {Stopwatch.GetElapsedTime(started, opened).TotalMilliseconds:0} ms; "
            + $"before that {delayedBefore} of {before} sessions were delayed ({100.0 * delayedBefore / before:0.00} %), then {delayedAfter} of {after} ({100.0 * delayedAfter / after:0.00} %); "
            + $"the slowest took {sessions.Max(session => session.Elapsed).TotalMilliseconds:0} ms");
        Assert.DoesNotContain(sessions, session => session.Error is not null);

        // The fifth failure opens it; how much later that is read in the log is up to the machine.
        Assert.InRange(delayed.Count(session => session.EndedAt < opened), 0, 5 + Unread);
        Assert.InRange(timeouts, 5, 30);
        Assert.InRange(delayedBefore, 0, 0.03 * before);
        Assert.InRange(delayedAfter, 0, 0.005 * after);

        async Task<long> OpenedAsync()
        {
            await proxy.WaitForEjectionAsync(blackhole);
            return Stopwatch.GetTimestamp();
        }
    }

    private sealed class ThreeBackends(IPAddress address) : IAsyncDisposable
    {
        private readonly TcpBackend[] _backends = [.. Enumerable.Range(1, 3).Select(i => new TcpBackend(Serve.GreetAndEcho($"{i}"), address))];

        public IEnumerable<IPEndPoint> EndPoints => _backends.Select(backend => backend.EndPoint);

        public async ValueTask DisposeAsync()
        {
            foreach (var backend in _backends)
            {
                await backend.DisposeAsync();
            }
        }
    }
}
