using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary><c>--stats</c> of the real executable.</summary>
public sealed class StatsOptionTests
{
    [Fact]
    public async Task Stats_AfterASession_HaveEveryInstrument()
    {
        var cancelled = TestContext.Current.CancellationToken;
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(backend.Name, "--stats", "1");
        using (var client = await ClientSocket.ConnectAsync(proxy.EndPoint))
        {
            await client.EchoAsync("hello");
        }

        await proxy.Error.WaitForAsync(line => line.Contains("linkerd.tcp.sessions.closed{reason=--} total=1 ", StringComparison.Ordinal), cancelled);
        proxy.Send(Signal.Terminate);
        await proxy.WaitForExitAsync(cancelled);

        // The last summary comes at the end, when nothing moves any more.
        var last = proxy.Error.Lines.Where(line => line.Contains(" Linkerd.Tcp.Statistics] ", StringComparison.Ordinal)).ToList();
        foreach (var expected in (string[])[
            "linkerd.tcp.sessions.accepted total=1 ",
            "linkerd.tcp.sessions.active value=0",
            "linkerd.tcp.session.duration count=",
            "linkerd.tcp.io{side=downstream,network.io.direction=receive} total=5 ",
            "linkerd.tcp.io{side=upstream,network.io.direction=transmit} total=5 ",
            "linkerd.tcp.io{side=upstream,network.io.direction=receive} total=5 ",
            "linkerd.tcp.io{side=downstream,network.io.direction=transmit} total=5 ",
            "linkerd.tcp.io.discarded{side=downstream} total=0 ",
            "linkerd.tcp.io.discarded{side=upstream} total=0 ",
            "linkerd.tcp.connect.attempts total=1 ",
            "linkerd.tcp.connect.duration count=",
            "linkerd.tcp.connect.failures ",
            "linkerd.tcp.endpoints{",
            "linkerd.tcp.resolver.updates{",
            "linkerd.tcp.resolver.age{",
        ])
        {
            Assert.Contains(last, line => line.Contains("] " + expected, StringComparison.Ordinal));
        }
    }
}
