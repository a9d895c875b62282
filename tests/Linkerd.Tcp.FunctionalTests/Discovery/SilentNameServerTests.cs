using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Host names whose name server never answers, beside an address that needs none.</summary>
public sealed class SilentNameServerTests
{
    private const int Names = 40;
    private const string ThreadName = "host lookup";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("sockets")]
    [InlineData("epoll")]
    public async Task Lookups_NameServerIsSilent_SessionsAndSignalsGoOn(string transport)
    {
        if (transport == "epoll")
        {
            Require.Epoll();
        }

        using var server = await SilentServer.StartAsync();
        await using var backend = new TcpBackend(Serve.EchoAsync);
        var target = string.Join(" & ", Enumerable.Range(0, Names).Select(i => $"/$/inet/silent{i}.example/80").Prepend(backend.Name));
        await using var proxy = await ProxyProcess.StartAsync(
            Executable.FileName, target, Cancelled, ["--transport", transport], through: server.Through);

        await server.IsAskedAsync();
        await EchoAsync(proxy);

        // 16 names are asked for, and all of them fail in their time, those that queue too.
        await Eventually.IsTrueAsync(
            () => proxy.ProcessorTimeOfThreads(ThreadName).Count == 16, () => $"{proxy.ProcessorTimeOfThreads(ThreadName).Count} threads look names up");
        await proxy.Error.WaitForAsync(_ => proxy.Error.Lines.Count(IsFailure) >= Names, Cancelled);

        // A pool of which threads are blocked would have got more by now, one or two a second, and until then nothing else would have run.
        Assert.InRange(proxy.ProcessorTimeOfThreads(".NET TP Worker").Count, 0, Environment.ProcessorCount + 4);
        await EchoAsync(proxy);
        var stopped = TimeProvider.System.GetTimestamp();
        proxy.Send(Signal.Terminate);
        Assert.Equal(0, await proxy.WaitForExitAsync(Cancelled));
        Assert.InRange(TimeProvider.System.GetElapsedTime(stopped), TimeSpan.Zero, TimeSpan.FromSeconds(15));
    }

    private static async Task EchoAsync(ProxyProcess proxy)
    {
        for (var i = 0; i < 20; i++)
        {
            using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
            await client.EchoAsync("hello");
        }
    }

    private static bool IsFailure(string line) => line.Contains("failed: no answer within 5 s", StringComparison.Ordinal);

    /// <summary>A bound socket that never answers, and a way to start a program that knows no other name server.</summary>
    private sealed class SilentServer : IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

        private SilentServer()
        {
        }

        /// <summary>What the program is started through.</summary>
        public string[] Through => ["unshare", "--user", "--map-root-user", "--mount", "--", "sh", "-c", "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"", ResolverFile];

        private string ResolverFile => _folder.File("resolv.conf");

        /// <summary>Starts it; skips the test where the machine does not allow that.</summary>
        public static async Task<SilentServer> StartAsync()
        {
            Require.Linux();
            Require.Program("unshare");
            var server = new SilentServer();
            try
            {
                // resolv.conf has no ports. The C library waits for long, so that its threads are stuck for as long as the test runs.
                server._socket.Bind(new IPEndPoint(IPAddress.Parse($"127.0.53.{Random.Shared.Next(1, 255)}"), 53));
            }
            catch (SocketException e)
            {
                server.Dispose();
                Assert.Skip($"port 53 of loopback cannot be bound: {e.Message}");
            }

            await File.WriteAllTextAsync(server.ResolverFile, $"nameserver {((IPEndPoint)server._socket.LocalEndPoint!).Address}\noptions timeout:30 attempts:5\n", Cancelled);
            await using var probe = await ChildProcess.RunAsync(server.Through[0], [.. server.Through[1..], "grep", "-q", "timeout:30", "/etc/resolv.conf"], Cancelled);
            if (await probe.WaitForExitAsync(Cancelled) != 0)
            {
                server.Dispose();
                Assert.Skip($"a process cannot be given its own /etc/resolv.conf here: {probe.Error.Text}");
            }

            return server;
        }

        /// <summary>Waits for the first question.</summary>
        public async Task IsAskedAsync() => await _socket.ReceiveAsync(new byte[512], Cancelled).AsTask().InTimeAsync();

        public void Dispose()
        {
            _socket.Dispose();
            _folder.Dispose();
        }
    }
}
