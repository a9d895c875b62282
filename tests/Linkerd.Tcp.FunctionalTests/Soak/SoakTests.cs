using System.Globalization;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>
/// Connections come and go, ping-pong and bulk, with slow readers, and half of them are reset in the middle by either side. Nothing may be left behind,
/// and every byte must be accounted for. 20 s, or what LINKERD_TCP_SOAK_SECONDS says.
/// </summary>
[Collection(HeavyLoad.Name)]
[Trait("Category", "Heavy")]
[Trait("Category", "AnyTransport")]
public sealed class SoakTests
{
    private const int Loops = 2;
    private const int PipeEndsKept = 16 * Loops;

    // In 20 s it is about 10 MiB more. A leak of 200 bytes a session shows in the long run.
    private const long MostLeftResident = 48 << 20;

    private static readonly string[] ExpectedReasons = ["--", "CD", "CL", "SD", "SL", "CQ"];

    private static readonly double Seconds = double.Parse(Environment.GetEnvironmentVariable("LINKERD_TCP_SOAK_SECONDS") ?? "20", CultureInfo.InvariantCulture);

    // The sockets engine is the older one: half the time is enough for it.
    [Theory]
    [InlineData("epoll", 1)]
    [InlineData("sockets", 0.5)]
    public async Task Serve_ComingAndGoing_LeavesNothingAndAccountsForEveryByte(string transport, double share)
    {
        Require.Linux();
        var isEpoll = transport == "epoll";
        string[] options = isEpoll ? ["--loops", $"{Loops}"] : [];
        await using var load = new SoakLoad();
        await using var proxy = await ProxyProcess.StartAsync(
            Executable.FileName,
            load.Name,
            TestContext.Current.CancellationToken,
            ["--transport", transport, "--stats", "1", .. options],
            log: "info,Linkerd.Tcp.Session=debug");
        var pipeEnds = proxy.PipeEndCount;
        var others = proxy.DescriptorCount - pipeEnds;
        var resident = new ResidentMemory(proxy);
        await resident.WatchAsync(load.RunAsync(proxy.EndPoint, TimeSpan.FromSeconds(Seconds * share)));

        await Eventually.IsTrueAsync(
            () => proxy.DescriptorCount - proxy.PipeEndCount <= others && proxy.PipeEndCount - pipeEnds is >= 0 and <= PipeEndsKept,
            () => $"{proxy.PipeEndCount} ends of pipes of {proxy.DescriptorCount} descriptors are open; {pipeEnds} of {pipeEnds + others} were before");
        if (isEpoll)
        {
            Assert.True(proxy.PipeEndCount > pipeEnds, "nothing was spliced");
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{load.Sessions.Count} sessions, {proxy.PipeEndCount - pipeEnds} ends of pipes kept; {resident}");
        Assert.InRange(resident.Growth, long.MinValue, MostLeftResident);
        proxy.Send(Signal.Terminate);
        Assert.Equal(0, await proxy.WaitForExitAsync(TestContext.Current.CancellationToken));
        var ledger = SoakLedger.Read(proxy.Error);
        AssertSessions(load.Sessions, ledger);
        AssertCounters(new StatisticsLines(proxy.Error), ledger);
    }

    /// <summary>The proxy's word on each session against that of its peers.</summary>
    private static void AssertSessions(ICollection<SoakSession> sessions, IReadOnlyList<SoakLedger> ledger)
    {
        Assert.Equal(sessions.Count, ledger.Count);
        Assert.All(sessions.Where(session => session.ResetBy == SoakSession.Side.Nobody), session => Assert.True(session.EndedInOrder, session.ToString()));
        Assert.DoesNotContain(sessions, session => session.Client!.Corruption is not null || session.Server?.Corruption is not null);

        // A port may have served more than one session.
        var ofProxy = ledger.ToLookup(entry => entry.ClientPort);
        foreach (var ofPort in sessions.GroupBy(session => session.ClientPort))
        {
            var said = ofProxy[ofPort.Key].ToList();
            var what = string.Join('\n', [.. ofPort.Select(session => session.ToString()), .. said.Select(entry => entry.ToString())]);
            Assert.True(ofPort.Count() == said.Count, what);
            var (fromClient, toServer) = (said.Sum(entry => entry.FromClient), said.Sum(entry => entry.ToServer));
            var (fromServer, toClient) = (said.Sum(entry => entry.FromServer), said.Sum(entry => entry.ToClient));
            var (clientGave, serverGave) = (ofPort.Sum(session => session.Client!.Given), ofPort.Sum(session => session.Server?.Given ?? 0));
            var (clientGot, serverGot) = (ofPort.Sum(session => session.Client!.Received), ofPort.Sum(session => session.Server?.Received ?? 0));
            Assert.True(clientGave >= fromClient && fromClient >= toServer && toServer >= serverGot, what);
            Assert.True(serverGave >= fromServer && fromServer >= toClient && toClient >= clientGot, what);
            if (ofPort.All(session => session.EndedInOrder))
            {
                Assert.True(clientGave == serverGot && serverGave == clientGot && said.All(entry => entry.Reason == "--"), what);
            }
        }
    }

    /// <summary>The counters against the sum of the sessions.</summary>
    private static void AssertCounters(StatisticsLines counters, IReadOnlyList<SoakLedger> ledger)
    {
        var closed = counters.ByTag("linkerd.tcp.sessions.closed", "reason");
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", closed.Select(reason => $"{reason.Key}: {reason.Value}")));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{ledger.Sum(entry => entry.FromClient)} bytes up and {ledger.Sum(entry => entry.FromServer)} down; discarded: "
            + $"{counters["linkerd.tcp.io.discarded{side=downstream}"]} of the clients', {counters["linkerd.tcp.io.discarded{side=upstream}"]} of the servers'");
        Assert.Equal(ledger.Count, counters["linkerd.tcp.sessions.accepted"]);
        Assert.Equal(0, counters["linkerd.tcp.sessions.active"]);
        Assert.Equal(ledger.CountBy(entry => entry.Reason).ToDictionary(count => count.Key, count => (double)count.Value), closed);
        Assert.All(closed.Keys, reason => Assert.Contains(reason, ExpectedReasons));
        Assert.All(counters.ByTag("linkerd.tcp.transport.connections", "loop"), loop => Assert.Equal(0, loop.Value));

        AssertBytes("downstream", "receive", ledger.Sum(entry => entry.FromClient));
        AssertBytes("upstream", "transmit", ledger.Sum(entry => entry.ToServer));
        AssertBytes("upstream", "receive", ledger.Sum(entry => entry.FromServer));
        AssertBytes("downstream", "transmit", ledger.Sum(entry => entry.ToClient));
        AssertDiscarded("downstream", "upstream");
        AssertDiscarded("upstream", "downstream");

        void AssertBytes(string side, string direction, long expected) => Assert.Equal(expected, Io(side, direction));

        // Resets came between often enough for both to be more than nothing.
        void AssertDiscarded(string from, string to)
        {
            var discarded = counters[$"linkerd.tcp.io.discarded{{side={from}}}"];
            Assert.Equal(Io(from, "receive"), Io(to, "transmit") + discarded);
            Assert.True(discarded > 0, $"nothing from {from} was discarded");
        }

        double Io(string side, string direction) => counters[$"linkerd.tcp.io{{side={side},network.io.direction={direction}}}"];
    }
}
