using System.IO.Pipelines;
using System.Text;
using Linkerd.Tcp.Proxying;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

public sealed class DuplexProxyPipeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Pair _client = new();
    private readonly Pair _server = new();
    private readonly DuplexControl _control = new();

    [Fact]
    public async Task Run_WritersComplete_IsAFinEachWay()
    {
        var running = Run();
        await WriteAsync(_client, "request");
        Assert.Equal("request", await ReadAsync(_server, 7));
        await _client.Outside.Output.CompleteAsync();
        Assert.True((await _server.Outside.Input.ReadAsync(TestContext.Current.CancellationToken)).IsCompleted);
        await WriteAsync(_server, "answer after the FIN");
        Assert.Equal("answer after the FIN", await ReadAsync(_client, 20));
        await _server.Outside.Output.CompleteAsync();
        var result = await running;
        Assert.True((await _client.Outside.Input.ReadAsync(TestContext.Current.CancellationToken)).IsCompleted);
        Assert.Equal((CloseReason.Normal, 7, 7, 20, 20), (result.Reason, result.BytesFromClient, result.BytesToServer, result.BytesFromServer, result.BytesToClient));
    }

    [Theory]
    [InlineData(true, "CD")]
    [InlineData(false, "SD")]
    public async Task Run_WriterCompletesWithAnException_IsARstToTheOther(bool client, string reason)
    {
        var running = Run();
        var (gone, other) = client ? (_client, _server) : (_server, _client);
        await WriteAsync(gone, "last words");
        Assert.Equal("last words", await ReadAsync(other, 10));
        await gone.Outside.Output.CompleteAsync(new InvalidOperationException("gone"));
        await Assert.ThrowsAsync<IOException>(async () => await other.Outside.Input.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal(reason, (await running).Reason.ToString());
    }

    [Fact]
    public async Task Run_ReaderCompletes_ServerIsResetWhenSomethingIsSentToIt()
    {
        var running = Run();
        await _client.Outside.Input.CompleteAsync();
        await WriteAsync(_server, "nobody reads this");
        await _client.Outside.Output.CompleteAsync(new IOException("gone"));
        Assert.Equal(ClosedBy.Client, (await running).Reason.By);
    }

    [Fact]
    public async Task Run_TryEnd_EndsBothWithTheFirstReason()
    {
        var running = Run();
        await WriteAsync(_client, "12345");
        Assert.Equal("12345", await ReadAsync(_server, 5));
        Assert.Equal((5, 5), (_control.BytesFromClient, _control.BytesToServer));
        Assert.True(_control.TryEnd(new(ClosedBy.Operator, ClosePhase.Data)));
        Assert.False(_control.TryEnd(new(ClosedBy.Proxy, ClosePhase.Data)));
        Assert.Equal("KD", (await running).Reason.ToString());
        await Assert.ThrowsAsync<IOException>(async () => await _client.Outside.Input.ReadAsync(TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<IOException>(async () => await _server.Outside.Input.ReadAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Run_EndedBeforeItBegan_EndsAtOnce()
    {
        _control.TryEnd(new(ClosedBy.Operator, ClosePhase.Queue));
        Assert.Equal("KQ", (await Run()).Reason.ToString());
    }

    [Fact]
    public async Task Run_SlowReader_StopsTheWriter()
    {
        var running = Run();
        var chunk = new byte[16 * 1024];
        var written = 0L;
        FlushResult flushed;
        do
        {
            var flushing = _client.Outside.Output.WriteAsync(chunk, TestContext.Current.CancellationToken);
            written += chunk.Length;
            if (!flushing.IsCompleted)
            {
                break;
            }

            flushed = await flushing;
        }
        while (written < 10 << 20);
        Assert.InRange(written, 1, 1 << 20);
        _control.TryEnd(new(ClosedBy.Operator, ClosePhase.Data));
        await running;
    }

    [Fact]
    public async Task Run_ManySegments_ArriveWhole()
    {
        var running = Run();
        var sent = new byte[300_000];
        new Random(1).NextBytes(sent);
        var reading = ReadBytesAsync(_server, sent.Length);
        await _client.Outside.Output.WriteAsync(sent, TestContext.Current.CancellationToken);
        Assert.Equal(sent, await reading);
        await _client.Outside.Output.CompleteAsync();
        await _server.Outside.Output.CompleteAsync();
        Assert.Equal(300_000, (await running).BytesToServer);
    }

    private static async Task WriteAsync(Pair pair, string text) =>
        await pair.Outside.Output.WriteAsync(Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken);

    private static async Task<string> ReadAsync(Pair pair, int count) => Encoding.ASCII.GetString(await ReadBytesAsync(pair, count));

    private static async Task<byte[]> ReadBytesAsync(Pair pair, int count)
    {
        var bytes = new byte[count];
        await pair.Outside.Input.AsStream(leaveOpen: true).ReadExactlyAsync(bytes, TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
        return bytes;
    }

    private Task<DuplexResult> Run() => new DuplexProxy().RunAsync(TransportConnection.From(_client.Inside), TransportConnection.From(_server.Inside), _control).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);

    /// <summary>Two pipes crosswise: what is written to the output of one end is read from the input of the other.</summary>
    private sealed class Pair
    {
        public Pair()
        {
            var (one, other) = (new Pipe(), new Pipe());
            (Inside, Outside) = (new End(one.Reader, other.Writer), new End(other.Reader, one.Writer));
        }

        public IDuplexPipe Inside { get; }

        public IDuplexPipe Outside { get; }

        private sealed record End(PipeReader Input, PipeWriter Output) : IDuplexPipe;
    }
}
