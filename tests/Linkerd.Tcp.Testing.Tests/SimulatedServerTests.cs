using System.Net;
using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp.Transport;
using static Linkerd.Tcp.Testing.Tests.Simulations;

namespace Linkerd.Tcp.Testing.Tests;

/// <summary>Servers, and their faults while they run.</summary>
public sealed class SimulatedServerTests
{
    [Fact]
    public void Server_Default_Echoes() => Run(static async (server, host) =>
    {
        await using var client = await host.ConnectStreamAsync(server.EndPoint, Token);
        Assert.Equal("hello", await client.EchoAsync("hello"));
        Assert.Equal(1, server.Accepted);
        Assert.Equal(server.EndPoint, Assert.Single(server.Links).To);
        Assert.Equal(host.Address, ((IPEndPoint)server.Links[0].From).Address);
    });

    [Fact]
    public void Server_OwnCode_IsRunForEachConnection() => Simulation.Run(static async simulation =>
    {
        var server = simulation.AddServer(static async connection => await connection.SendAsync("bye"u8.ToArray()), new IPEndPoint(IPAddress.Parse("192.0.2.1"), 7777));
        Assert.Equal("192.0.2.1:7777", server.EndPoint.ToString());
        for (var i = 0; i < 3; i++)
        {
            await using var client = await simulation.AddHost("client").ConnectStreamAsync(server.EndPoint, Token);
            Assert.Equal("bye", await new StreamReader(client).ReadToEndAsync(Token));
        }
    });

    [Fact]
    public void Server_HalfClose_AnswersAfterTheFin() => Simulation.Run(static async simulation =>
    {
        var server = simulation.AddServer(static async connection =>
        {
            var text = await new StreamReader(connection.AsStream()).ReadToEndAsync(Token);
            await connection.SendAsync(Encoding.ASCII.GetBytes(text.ToUpperInvariant()));
        });
        var result = await simulation.AddHost("client").ConnectAsync(server.EndPoint, default, Token);
        await using var client = result.Connection!;
        await client.SendAsync("question"u8.ToArray());
        client.ShutdownSend();
        Assert.Equal("QUESTION", await new StreamReader(client.AsStream()).ReadToEndAsync(Token));
    });

    [Fact]
    public void Server_CodeThrows_FailsTheTest()
    {
        var error = Assert.Throws<SimulationException>(() => Simulation.Run(static async simulation =>
        {
            var server = simulation.AddServer(static _ => throw new InvalidDataException("the server's"));
            await using var client = await simulation.AddHost("client").ConnectStreamAsync(server.EndPoint, Token);
            await simulation.DelayAsync(TimeSpan.FromSeconds(1));
        }));
        Assert.Contains("the server's", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Server_CodeThrowsIOException_ResetsTheConnection() => Simulation.Run(static async simulation =>
    {
        var server = simulation.AddServer(static _ => throw new IOException());
        await using var client = await simulation.AddHost("client").ConnectStreamAsync(server.EndPoint, Token);
        await Assert.ThrowsAsync<IOException>(async () => await client.ReadExactlyAsync(new byte[1], Token));
    });

    [Fact]
    public void Stop_OpenConnection_IsReset_ConnectsAreRefused_StartServesAgain() => Run(static async (server, host) =>
    {
        await using var client = await host.ConnectStreamAsync(server.EndPoint, Token);
        Assert.Equal("x", await client.EchoAsync("x"));
        server.Stop();
        server.Stop();
        await Assert.ThrowsAsync<IOException>(() => client.EchoAsync("x"));
        var error = await Assert.ThrowsAsync<SocketException>(async () => await host.ConnectStreamAsync(server.EndPoint, Token));
        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
        Assert.Empty(server.Links);
        server.Start();
        server.Start();
        await using var again = await host.ConnectStreamAsync(server.EndPoint, Token);
        Assert.Equal("x", await again.EchoAsync("x"));
    });

    [Theory]
    [InlineData(ConnectFailure.Refused, SocketError.ConnectionRefused)]
    [InlineData(ConnectFailure.Unreachable, SocketError.HostUnreachable)]
    [InlineData(ConnectFailure.Reset, SocketError.ConnectionReset)]
    public void Refuse_NewConnect_FailsAsSaid_OpenOneContinues(ConnectFailure failure, SocketError expected) => Run(async (server, host) =>
    {
        await using var client = await host.ConnectStreamAsync(server.EndPoint, Token);
        server.Refuse(failure);
        var error = await Assert.ThrowsAsync<SocketException>(async () => await host.ConnectStreamAsync(server.EndPoint, Token));
        Assert.Equal(expected, error.SocketErrorCode);
        Assert.Equal("x", await client.EchoAsync("x"));
        server.Heal();
        await using var other = await host.ConnectStreamAsync(server.EndPoint, Token);
    });

    [Fact]
    public void Blackhole_NewConnect_TimesOut_OpenOneContinues() => Simulation.Run(static async simulation =>
    {
        var (server, host) = (simulation.AddServer(), simulation.AddHost("client"));
        await using var client = await host.ConnectStreamAsync(server.EndPoint, Token);
        server.Blackhole();
        var result = await host.ConnectAsync(server.EndPoint, new TransportConnectOptions(timeout: TimeSpan.FromSeconds(5)), Token);
        Assert.Equal(ConnectFailure.TimedOut, result.Failure);
        Assert.InRange(simulation.Elapsed.TotalSeconds, 5, 5.1);
        Assert.Equal("x", await client.EchoAsync("x"));
    });

    [Fact]
    public void Isolate_OpenConnection_WaitsUntilItIsHealed() => Simulation.Run(static async simulation =>
    {
        var (server, host) = (simulation.AddServer(), simulation.AddHost("client"));
        await using var client = await host.ConnectStreamAsync(server.EndPoint, Token);
        Assert.Equal("x", await client.EchoAsync("x"));
        server.Isolate();
        var echo = client.EchoAsync("lost");
        await simulation.DelayAsync(TimeSpan.FromSeconds(30));
        Assert.False(echo.IsCompleted);
        server.Heal();
        Assert.Equal("lost", await echo);
    });

    [Fact]
    public void Reset_OfOneConnection_LeavesTheOther() => Run(static async (server, host) =>
    {
        await using var one = await host.ConnectStreamAsync(server.EndPoint, Token);
        await using var other = await host.ConnectStreamAsync(server.EndPoint, Token);
        server.Links[0].Reset();
        await Assert.ThrowsAsync<IOException>(() => one.EchoAsync("x"));
        Assert.Equal("x", await other.EchoAsync("x"));
    });

    [Fact]
    public void Latency_ChangedWhileItRuns_AppliesToThatServerAlone() => Simulation.Run(static async simulation =>
    {
        var (slow, fast) = (simulation.AddServer(), simulation.AddServer());
        var host = simulation.AddHost("client");
        await using var one = await host.ConnectStreamAsync(slow.EndPoint, Token);
        await using var other = await host.ConnectStreamAsync(fast.EndPoint, Token);
        slow.Link.Latency = TimeSpan.FromSeconds(1);
        var start = simulation.Elapsed;
        await one.EchoAsync("x");
        Assert.Equal(2, (simulation.Elapsed - start).TotalSeconds);
        start = simulation.Elapsed;
        await other.EchoAsync("x");
        Assert.Equal(0.002, (simulation.Elapsed - start).TotalSeconds);
    });

    [Fact]
    public void BytesPerSecond_LongStream_TakesItsTime() => Simulation.Run(static async simulation =>
    {
        simulation.Link.BytesPerSecond = 100_000;
        var server = simulation.AddServer(static async connection => await connection.SendAsync(new byte[1_000_000]));
        await using var client = await simulation.AddHost("client").ConnectStreamAsync(server.EndPoint, Token);
        var start = simulation.Elapsed;
        await client.ReadExactlyAsync(new byte[1_000_000], Token);
        Assert.InRange((simulation.Elapsed - start).TotalSeconds, 9.9, 11);
    });

    [Fact]
    public void DescriptorLimit_IsReached_ConnectFails() => Run(static async (server, host) =>
    {
        host.DescriptorLimit = 1;
        await using (await host.ConnectStreamAsync(server.EndPoint, Token))
        {
            var error = await Assert.ThrowsAsync<SocketException>(async () => await host.ConnectStreamAsync(server.EndPoint, Token));
            Assert.Equal(SocketError.TooManyOpenSockets, error.SocketErrorCode);
        }

        await using var again = await host.ConnectStreamAsync(server.EndPoint, Token);
    });

    [Fact]
    public void ConnectStreamAsync_IsCancelled_Throws() => Simulation.Run(static async simulation =>
    {
        var server = simulation.AddServer();
        server.Blackhole();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1), simulation.TimeProvider);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await simulation.AddHost("client").ConnectStreamAsync(server.EndPoint, patience.Token));
        Assert.Equal(1, simulation.Elapsed.TotalSeconds);
    });

    [Fact]
    public void Link_ValuesOutOfRange_Throw()
    {
        var link = new SimulatedLinkOptions();
        Assert.Throws<ArgumentOutOfRangeException>(() => link.Latency = TimeSpan.FromTicks(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => link.Jitter = TimeSpan.FromTicks(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => link.BytesPerSecond = 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => link.SendBuffer = 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => link.ReceiveBuffer = 0);
    }

    private static void Run(Func<SimulatedServer, SimulatedHost, Task> test) => Simulation.Run(simulation => test(simulation.AddServer(), simulation.AddHost("client")), new SimulationOptions { Seeds = 5 });
}
