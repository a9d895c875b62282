using System.IO.Pipelines;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Tests.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>Streams that throw, whatever and wherever: each ends its copy, and nothing comes out of it.</summary>
public sealed class ForeignStreamTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("ReadAsync", typeof(IOException), 0)]
    [InlineData("ReadAsync", typeof(NotSupportedException), 1)]
    [InlineData("ReadAsync", typeof(NullReferenceException), 1)]
    [InlineData("ReadAsync later", typeof(NotSupportedException), 1)]
    [InlineData("WriteAsync", typeof(IOException), 0)]
    [InlineData("WriteAsync", typeof(NotSupportedException), 1)]
    [InlineData("FlushAsync", typeof(ArgumentException), 1)]
    [InlineData("Dispose", typeof(IOException), 0)]
    [InlineData("Dispose", typeof(NotSupportedException), 1)]
    public async Task Run_StreamThrows_CopyEndsAndTheOtherSideIsClosed(string fault, Type type, int logged)
    {
        foreach (var isClient in new[] { true, false })
        {
            var (faulty, sound) = (new FaultyStream(fault, type), new FaultyStream("none", type));
            var control = new DuplexControl();
            using var logs = new LogRecorder();
            await faulty.SayAsync();
            await sound.SayAsync();
            var (one, other) = (TransportConnection.From(faulty, loggerFactory: logs), TransportConnection.From(sound, loggerFactory: logs));
            var running = isClient ? new DuplexProxy().RunAsync(one, other, control, cancellationToken: TestContext.Current.CancellationToken).AsTask() : new DuplexProxy().RunAsync(other, one, control, cancellationToken: TestContext.Current.CancellationToken).AsTask();
            if (fault == "Dispose")
            {
                Assert.True(control.TryEnd(new(ClosedBy.Operator, ClosePhase.Data)));
            }

            var result = await running.WaitAsync(Patience, TestContext.Current.CancellationToken);
            Assert.Equal(fault == "Dispose" ? ClosedBy.Operator : isClient ? ClosedBy.Client : ClosedBy.Server, result.Reason.By);
            Assert.True(faulty.IsClosed && sound.IsClosed);
            Assert.Equal(logged, logs.Count(5014));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_TokenIsCancelled_EndsTheCopyAndResetsBoth(bool isBefore)
    {
        using var cancellation = new CancellationTokenSource();
        var (client, server) = (new FaultyStream("none", typeof(IOException)), new FaultyStream("none", typeof(IOException)));
        if (isBefore)
        {
            await cancellation.CancelAsync();
        }

        var running = new DuplexProxy().RunAsync(TransportConnection.From(client), TransportConnection.From(server), cancellationToken: cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        Assert.Equal("KD", (await running.WaitAsync(Patience, TestContext.Current.CancellationToken)).Reason.ToString());
        Assert.True(client.IsClosed && server.IsClosed);
    }

    /// <summary>On the thread of the timer an exception would end the process.</summary>
    [Fact]
    public async Task IdleTimeout_DisposeThrows_EndsTheCopy()
    {
        var time = new FakeTimeProvider();
        var (client, server) = (new FaultyStream("Dispose", typeof(NotSupportedException)), new FaultyStream("Dispose", typeof(NotSupportedException)));
        var running = new DuplexProxy(new DuplexOptions { IdleTimeout = TimeSpan.FromSeconds(10) }).RunAsync(TransportConnection.From(client, timeProvider: time), TransportConnection.From(server, timeProvider: time), cancellationToken: TestContext.Current.CancellationToken).AsTask();
        time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal("cD", (await running.WaitAsync(Patience, TestContext.Current.CancellationToken)).Reason.ToString());
    }

    [Fact]
    public async Task TryEnd_OutOfACallOfTheStream_EndsTheCopyOnce()
    {
        var control = new DuplexControl();
        var (client, server) = (new FaultyStream("none", typeof(IOException)), new FaultyStream("none", typeof(IOException)));
        client.OnWrite = () => control.TryEnd(new(ClosedBy.Operator, ClosePhase.Data));
        client.OnDispose = () => control.TryEnd(new(ClosedBy.Proxy, ClosePhase.Data));
        var running = new DuplexProxy().RunAsync(TransportConnection.From(client), TransportConnection.From(server), control, cancellationToken: TestContext.Current.CancellationToken).AsTask();
        await server.SayAsync();
        Assert.Equal("KD", (await running.WaitAsync(Patience, TestContext.Current.CancellationToken)).Reason.ToString());
        Assert.True(client.IsClosed && server.IsClosed);
    }

    private sealed class FaultyStream(string fault, Type type) : Stream
    {
        private readonly Pipe _input = new();

        public Action? OnWrite { get; set; }

        public Action? OnDispose { get; set; }

        public bool IsClosed { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        /// <summary>Has something to be read.</summary>
        public async Task SayAsync() => await _input.Writer.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Fault("ReadAsync");
            var read = await _input.Reader.ReadAsync(cancellationToken);
            Fault("ReadAsync later");
            ObjectDisposedException.ThrowIf(IsClosed || read.IsCanceled, this);
            var count = (int)Math.Min(buffer.Length, read.Buffer.Length);
            _input.Reader.AdvanceTo(read.Buffer.GetPosition(count));
            return count;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            OnWrite?.Invoke();
            Fault("WriteAsync");
            return default;
        }

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Fault("FlushAsync");
            return Task.CompletedTask;
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            OnDispose?.Invoke();
            IsClosed = true;
            _input.Reader.CancelPendingRead();
            base.Dispose(disposing);
            Fault("Dispose");
        }

        private void Fault(string member)
        {
            if (member == fault)
            {
                if (type == typeof(IOException))
                {
                    // The end of a peer shows in both directions.
                    _input.Writer.Complete(new IOException("The peer is gone."));
                }

                throw (Exception)Activator.CreateInstance(type)!;
            }
        }
    }
}
