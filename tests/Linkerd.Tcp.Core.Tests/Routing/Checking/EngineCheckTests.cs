using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Tests.Diagnostics;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Linkerd.Tcp.Transport.Sockets;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing.Checking;

/// <summary>Checks over real sockets: a listener whose process does nothing is what a stopped server looks like, as the kernel accepts for it.</summary>
public sealed class EngineCheckTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Socket _stuck = Listen();
    private readonly Socket _well = Listen();
    private readonly LogRecorder _log = new();

    public static TheoryData<bool> Engines => OperatingSystem.IsLinux() ? [false, true] : [false];

    public void Dispose()
    {
        _stuck.Dispose();
        _well.Dispose();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Check_ServerAcceptsAndNeverAnswers_IsEjectedByExpectAlone(bool epoll)
    {
        await using ITransport transport = epoll ? new EpollTransport(new TransportOptions { Loops = 1 }) : new SocketsTransport(TimeProvider.System);
        var answering = AnswerAsync(_well);
        var check = new ActiveCheckOptions
        {
            Interval = TimeSpan.FromMilliseconds(300),
            Timeout = TimeSpan.FromMilliseconds(250),
            Expect = CheckerBed.Bytes("ready"),
        };
        var options = new DestinationOptions { Resolver = new StaticResolver(_stuck.LocalEndPoint!, _well.LocalEndPoint!), Check = check };
        await using (var router = new DestinationRegistry(_ => options, _log, transport: transport))
        {
            var destination = router.Get(DstPath.Parse("/svc/web"));
            var text = await Task.Run(() => _log.WaitFor(3010, Patience), TestContext.Current.CancellationToken);
            Assert.Contains($"{_stuck.LocalEndPoint} is ejected (Check", text, StringComparison.Ordinal);
            Assert.Equal([_stuck.LocalEndPoint!], destination.Balancer.Endpoints.Where(endpoint => endpoint.IsDown).Select(endpoint => endpoint.Address));

            // The check that ejects is counted after it has done so.
            Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => destination.Health.Checks is { Passed: > 0, Failed: >= 3 }, Patience), TestContext.Current.CancellationToken));
            Assert.Equal(0, destination.Health.Checks!.Value.Inconclusive);
        }

        _well.Dispose();
        await answering;
    }

    private static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen(512);
        return socket;
    }

    private static async Task AnswerAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                using var accepted = await listener.AcceptAsync(TestContext.Current.CancellationToken);
                await accepted.SendAsync("220 ready"u8.ToArray(), TestContext.Current.CancellationToken);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
        }
    }
}
