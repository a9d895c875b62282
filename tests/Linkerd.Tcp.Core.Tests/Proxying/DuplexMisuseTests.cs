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
    public void Construct_NoWindow_SaysWhichAndWhatWasExpected()
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => new DuplexProxy(tcp: new TcpOptions { WindowSize = 0 }));
        Assert.Equal("tcp", error.ParamName);
        Assert.StartsWith("WindowSize: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SocketThatIsNotConnected_SaysWhichOfTheTwo()
    {
        using var left = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var right = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var proxy = new DuplexProxy();
        Assert.Equal("client", (await Assert.ThrowsAsync<ArgumentException>(async () => await proxy.RunAsync(left, right))).ParamName);
        Assert.Equal("server", (await Assert.ThrowsAsync<ArgumentNullException>(async () => await proxy.RunAsync(left, null!))).ParamName);
        Assert.Equal("client", (await Assert.ThrowsAsync<ArgumentNullException>(async () => await proxy.RunAsync(null!, right))).ParamName);
    }

    [Fact]
    public async Task Run_NoStreamOrPipe_SaysWhichOfTheTwo()
    {
        var proxy = new DuplexProxy();
        Assert.Equal("client", (await Assert.ThrowsAsync<ArgumentNullException>(async () => await proxy.RunAsync((Stream)null!, Stream.Null))).ParamName);
        Assert.Equal("server", (await Assert.ThrowsAsync<ArgumentNullException>(async () => await proxy.RunAsync(Stream.Null, (Stream)null!))).ParamName);
        Assert.Equal("client", (await Assert.ThrowsAsync<ArgumentNullException>(async () => await proxy.RunAsync((IDuplexPipe)null!, new Ends()))).ParamName);
        Assert.Equal("server", (await Assert.ThrowsAsync<ArgumentNullException>(async () => await proxy.RunAsync(new Ends(), (IDuplexPipe)null!))).ParamName);
    }

    private sealed class Ends : IDuplexPipe
    {
        public PipeReader Input { get; } = new Pipe().Reader;

        public PipeWriter Output { get; } = new Pipe().Writer;
    }
}
