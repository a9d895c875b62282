using System.IO.Pipelines;
using System.Net.Sockets;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>A copy that is asked for as it should not be.</summary>
public sealed class DuplexMisuseTests
{
    public static TheoryData<double> OutOfRange => [0, -5000, double.MaxValue];

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void Construct_IdleTimeoutOutOfRange_SaysWhichAndWhatWasExpected(double milliseconds)
    {
        var span = milliseconds == double.MaxValue ? TimeSpan.MaxValue : TimeSpan.FromMilliseconds(milliseconds);
        var error = Assert.ThrowsAny<ArgumentException>(() => new DuplexProxy(new DuplexOptions { IdleTimeout = span }));
        Assert.Equal("options", error.ParamName);
        Assert.StartsWith("IdleTimeout: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void From_NoWindow_SaysWhichAndWhatWasExpected()
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => TransportConnection.From(Stream.Null, new TcpOptions { WindowSize = 0 }));
        Assert.Equal("tcp", error.ParamName);
        Assert.StartsWith("WindowSize: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void From_WhatIsNoConnection_SaysWhatWasExpected()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        Assert.StartsWith("A connected stream socket was expected.", Assert.Throws<ArgumentException>("socket", () => TransportConnection.From(socket)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>("socket", () => TransportConnection.From((Socket)null!));
        Assert.Throws<ArgumentNullException>("stream", () => TransportConnection.From((Stream)null!));
        Assert.Throws<ArgumentNullException>("pipe", () => TransportConnection.From((IDuplexPipe)null!));
        Assert.Throws<ArgumentException>("stream", () => TransportConnection.From(new MemoryStream([], writable: false)));
    }

    [Fact]
    public async Task Run_NoConnection_SaysWhichOfTheTwo()
    {
        var proxy = new DuplexProxy();
        await using var other = TransportConnection.From(new Ends());
        Assert.Equal("client", (await Assert.ThrowsAsync<ArgumentNullException>(async () => await proxy.RunAsync(null!, other, cancellationToken: TestContext.Current.CancellationToken))).ParamName);
        Assert.Equal("server", (await Assert.ThrowsAsync<ArgumentNullException>(async () => await proxy.RunAsync(other, null!, cancellationToken: TestContext.Current.CancellationToken))).ParamName);
    }

    private sealed class Ends : IDuplexPipe
    {
        public PipeReader Input { get; } = new Pipe().Reader;

        public PipeWriter Output { get; } = new Pipe().Writer;
    }
}
