using System.Diagnostics;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Some endpoints refuse.</summary>
public sealed class RefusingEndpointTests
{
    // Those under way when the fifth fails; one, but for a machine that stands still.
    private const int Concurrent = 3;
    private const int WarmUp = 200;

    [Fact]
    public async Task SixOfTenRefuseAndOneSwallows_FromTheFirstSessionOn_NoneFails()
    {
        const int Sessions = 2500;
        Require.Linux();
        using var blackhole = await FullBacklog.CreateAsync();
        await using var first = new TcpBackend(Serve.GreetAndEcho("1"));
        await using var second = new TcpBackend(Serve.GreetAndEcho("2"));
        await using var third = new TcpBackend(Serve.GreetAndEcho("3"));
        var refusing = Enumerable.Range(0, 6).Select(_ => FreePort.NextEndPoint()).ToList();
        await using var group = await ServerGroup.StartAsync([.. refusing, blackhole.EndPoint, first.EndPoint, second.EndPoint, third.EndPoint]);
        await using var proxy = await group.ProxyAsync("--loops", "2", "--stats", "1");
        await proxy.WaitForEndpointsAsync(10);
        var sessions = await PacedLoad.RunAsync(proxy.EndPoint, Sessions, perSecond: 500, ClientTalks.GreetAndEchoAsync);
        var statistics = await proxy.StopAndCountAsync();
        var (refused, timeouts) = (statistics["linkerd.tcp.connect.failures{cause=refused}"], statistics["linkerd.tcp.connect.failures{cause=timeout}"]);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{sessions.Count(session => session.Error is not null)} of {Sessions} failed; {refused} attempts were refused, {timeouts} timed out; {sessions.Count(session => session.Elapsed >= TimeSpan.FromSeconds(2.9))} sessions took 3 s");
        Assert.DoesNotContain(sessions, session => session.Error is not null);

        // Five each, the probes, and those that were under way when the fifth failed: with code that is compiled meanwhile, a crowd.
        Assert.InRange(refused, 6 * 5, Sessions / 10);
        Assert.Equal(Sessions + refused + timeouts, statistics["linkerd.tcp.connect.attempts"]);
    }

    [Fact]
    public async Task OneOfFourRefuses_TwoThousandSessions_NoneFailsAndFewAttemptsMeetIt()
    {
        await using var first = new TcpBackend(Serve.GreetAndEcho("1"));
        await using var second = new TcpBackend(Serve.GreetAndEcho("2"));
        await using var third = new TcpBackend(Serve.GreetAndEcho("3"));
        var refusing = FreePort.NextEndPoint();
        await using var group = await ServerGroup.StartAsync([first.EndPoint, second.EndPoint, third.EndPoint]);
        await using var proxy = await group.ProxyAsync("--slow-start", "off", "--stats", "1");
        await PacedLoad.WarmUpAsync(proxy.EndPoint, WarmUp, ClientTalks.GreetAndEchoAsync);
        group.Set([first.EndPoint, refusing, second.EndPoint, third.EndPoint]);
        await proxy.WaitForEndpointsAsync(4);
        var started = Stopwatch.GetTimestamp();
        var sessions = await PacedLoad.RunAsync(proxy.EndPoint, 2000, perSecond: 300, ClientTalks.GreetAndEchoAsync);
        var elapsed = Stopwatch.GetElapsedTime(started);
        var statistics = await proxy.StopAndCountAsync();
        var refused = statistics["linkerd.tcp.connect.failures{cause=refused}"];

        // Back-offs of 2.5 to 5 s, then 5 to 10 s, and so on, allow one attempt each.
        var probes = (int)(elapsed / TimeSpan.FromSeconds(2.5));
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"2000 sessions in {elapsed.TotalSeconds:0.0} s: {sessions.Count(session => session.Error is not null)} failed, {refused} attempts were refused, by server "
            + string.Join(", ", sessions.GroupBy(session => session.Server ?? "none").OrderBy(group => group.Key).Select(group => $"{group.Key}: {group.Count()}")));
        Assert.DoesNotContain(sessions, session => session.Error is not null);
        Assert.Contains(proxy.Error.Lines, line => ProxyLines.IsEjection(line, refusing));
        Assert.InRange(refused, 5, 5 + probes + Concurrent);
        Assert.Equal(WarmUp + 2000 + refused, statistics["linkerd.tcp.connect.attempts"]);
    }
}
