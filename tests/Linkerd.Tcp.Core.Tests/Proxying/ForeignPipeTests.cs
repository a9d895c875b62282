using System.IO.Pipelines;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Tests.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>Pipes that throw where they should not, and where they may: each ends its copy, and nothing comes out of it.</summary>
public sealed class ForeignPipeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Kestrel's TLS hands such a pair out: over a stream, its writer throws at <see cref="PipeWriter.CancelPendingFlush"/> once it is completed.</summary>
    [Fact]
    public async Task HalfCloseTimeout_WriterOverAStreamIsCompleted_EndsTheCopy()
    {
        var time = new FakeTimeProvider();
        var (client, server) = (new PipeOverStreams(), new PipeOverStreams());
        var options = new DuplexOptions { HalfCloseTimeout = TimeSpan.FromSeconds(30) };
        var running = new DuplexProxy(options).RunAsync(TransportConnection.From(client, time), TransportConnection.From(server, time), cancellationToken: TestContext.Current.CancellationToken).AsTask();
        await server.PeerWriter.WriteAsync("bye"u8.ToArray(), TestContext.Current.CancellationToken);
        await server.PeerWriter.CompleteAsync();
        await ReadToEndAsync(client.PeerReader);
        await UntilEndedAsync(running, time, TimeSpan.FromSeconds(31));
        Assert.Equal("cL", (await running).Reason.ToString());
    }

    [Theory]
    [InlineData("idle", "cL")]
    [InlineData("lifetime", "pL")]
    public async Task Limit_WriterOverAStreamIsCompleted_EndsTheCopy(string limit, string reason)
    {
        var time = new FakeTimeProvider();
        var (client, server) = (new PipeOverStreams(), new PipeOverStreams());
        var options = limit == "idle"
            ? new DuplexOptions { IdleTimeout = TimeSpan.FromSeconds(10), HalfCloseTimeout = Timeout.InfiniteTimeSpan }
            : new DuplexOptions { Lifetime = TimeSpan.FromSeconds(10), LifetimeJitter = 0, HalfCloseTimeout = Timeout.InfiniteTimeSpan };
        var running = new DuplexProxy(options).RunAsync(TransportConnection.From(client, time), TransportConnection.From(server, time), cancellationToken: TestContext.Current.CancellationToken).AsTask();
        await server.PeerWriter.WriteAsync("bye"u8.ToArray(), TestContext.Current.CancellationToken);
        await server.PeerWriter.CompleteAsync();
        await ReadToEndAsync(client.PeerReader);
        await UntilEndedAsync(running, time, TimeSpan.FromSeconds(11));
        Assert.Equal(reason, (await running).Reason.ToString());
    }

    [Fact]
    public async Task TryEnd_WriterOverAStreamIsCompleted_ThrowsNothing()
    {
        var (client, server) = (new PipeOverStreams(), new PipeOverStreams());
        var control = new DuplexControl();
        var running = new DuplexProxy().RunAsync(TransportConnection.From(client), TransportConnection.From(server), control, cancellationToken: TestContext.Current.CancellationToken).AsTask();
        await server.PeerWriter.CompleteAsync();
        await ReadToEndAsync(client.PeerReader);
        Assert.True(control.TryEnd(new(ClosedBy.Operator, ClosePhase.Last)));
        Assert.Equal("KL", (await running.WaitAsync(Patience, TestContext.Current.CancellationToken)).Reason.ToString());
        Assert.False(control.TryEnd(new(ClosedBy.Operator, ClosePhase.Last)));
    }

    [Theory]
    [CombinatorialFaults]
    public async Task Run_PipeThrows_CopyEndsAndTheOtherSideIsReset(string fault, bool isClient)
    {
        var (faulty, sound) = (new FaultyPipe(fault), new PipeOverStreams());
        var control = new DuplexControl();
        using var logs = new LogRecorder();
        var (one, other) = (TransportConnection.From(faulty, loggerFactory: logs), TransportConnection.From(sound, loggerFactory: logs));
        var running = isClient ? new DuplexProxy().RunAsync(one, other, control, cancellationToken: TestContext.Current.CancellationToken).AsTask() : new DuplexProxy().RunAsync(other, one, control, cancellationToken: TestContext.Current.CancellationToken).AsTask();
        await faulty.PeerWriter.WriteAsync("ping"u8.ToArray(), TestContext.Current.CancellationToken);
        await sound.PeerWriter.WriteAsync("pong"u8.ToArray(), TestContext.Current.CancellationToken);
        await sound.PeerWriter.CompleteAsync();
        if (fault is not ("ReadAsync" or "AdvanceTo" or "WriteAsync" or "FlushAsync"))
        {
            // Those are called at the end; the others end the copy.
            await faulty.Called.WaitAsync(Patience, TestContext.Current.CancellationToken);
            control.TryEnd(new(ClosedBy.Operator, ClosePhase.Data));
        }

        var result = await running.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.False(result.Reason.IsNormal);
        Assert.True(faulty.IsCompleted, "It was not given back.");

        // What a read throws is how a pipe tells of a reset; a flush of a writer that is completed may be refused.
        Assert.InRange(logs.Count(5014), fault is "ReadAsync" or "CancelPendingFlush" ? 0 : 1, 1);
    }

    /// <summary>A pipe that ends the copy out of the call that the copy makes, which is about to end it.</summary>
    [Fact]
    public async Task TryEnd_OutOfACallOfThePipe_EndsTheCopyOnce()
    {
        var control = new DuplexControl();
        var (client, server) = (new FaultyPipe("none"), new PipeOverStreams());
        client.OnWrite = () => control.TryEnd(new(ClosedBy.Operator, ClosePhase.Data));
        client.OnCancel = () => control.TryEnd(new(ClosedBy.Proxy, ClosePhase.Data));
        var running = new DuplexProxy().RunAsync(TransportConnection.From(client), TransportConnection.From(server), control, cancellationToken: TestContext.Current.CancellationToken).AsTask();
        await server.PeerWriter.WriteAsync("pong"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal("KD", (await running.WaitAsync(Patience, TestContext.Current.CancellationToken)).Reason.ToString());
        Assert.True(client.IsCompleted);
    }

    private static async Task ReadToEndAsync(PipeReader reader)
    {
        while (await reader.ReadAsync(TestContext.Current.CancellationToken) is var read)
        {
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>Moves the clock, as often as it takes: the limit is armed by the copy, on another thread.</summary>
    private static async Task UntilEndedAsync(Task running, FakeTimeProvider time, TimeSpan step)
    {
        for (var i = 0; i < 10_000 && !running.IsCompleted; i++)
        {
            time.Advance(step);
            await Task.Yield();
        }

        await running.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    private sealed class CombinatorialFaultsAttribute : Xunit.v3.DataAttribute
    {
        private static readonly string[] Faults = ["ReadAsync", "AdvanceTo", "CancelPendingRead", "CompleteReader", "WriteAsync", "FlushAsync", "CancelPendingFlush", "CompleteWriter", "everything else"];

        public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(System.Reflection.MethodInfo testMethod, Xunit.Sdk.DisposalTracker disposalTracker) =>
            new([.. from fault in Faults from isClient in new[] { true, false } select new TheoryDataRow<string, bool>(fault, isClient)]);

        public override bool SupportsDiscoveryEnumeration() => true;
    }

    /// <summary>One end of two pipes of which the proxy's writer goes through a stream.</summary>
    private class PipeOverStreams : IDuplexPipe
    {
        private readonly Pipe _fromPeer = new();
        private readonly Pipe _toPeer = new();

        public PipeOverStreams()
        {
            Input = PipeReader.Create(_fromPeer.Reader.AsStream());
            Output = PipeWriter.Create(_toPeer.Writer.AsStream());
        }

        public PipeReader Input { get; protected init; }

        public PipeWriter Output { get; protected init; }

        public PipeWriter PeerWriter => _fromPeer.Writer;

        public PipeReader PeerReader => _toPeer.Reader;
    }

    /// <summary>Throws at one of its members, after it has done what was asked.</summary>
    private sealed class FaultyPipe : PipeOverStreams
    {
        private readonly TaskCompletionSource _called = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly string _fault;

        public FaultyPipe(string fault)
        {
            _fault = fault;
            Input = new Reader(Input, this);
            Output = new Writer(Output, this);
        }

        public Action? OnWrite { get; set; }

        public Action? OnCancel { get; set; }

        public bool IsCompleted { get; private set; }

        /// <summary>Completes when both directions have come as far as they come without anybody's doing.</summary>
        public Task Called => _called.Task;

        private void Fault(string member)
        {
            if (member is "WriteAsync" or "FlushAsync" || _fault is "ReadAsync" or "AdvanceTo")
            {
                _called.TrySetResult();
            }

            if (member == _fault || (_fault == "everything else" && member is not ("ReadAsync" or "WriteAsync" or "FlushAsync" or "AdvanceTo")))
            {
                throw new NotSupportedException($"{member} has a bug.");
            }
        }

        private sealed class Reader(PipeReader inner, FaultyPipe pipe) : PipeReader
        {
            public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

            public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
            {
                inner.AdvanceTo(consumed, examined);
                pipe.Fault("AdvanceTo");
            }

            public override void CancelPendingRead()
            {
                pipe.OnCancel?.Invoke();
                inner.CancelPendingRead();
                pipe.Fault("CancelPendingRead");
            }

            public override void Complete(Exception? exception = null)
            {
                inner.Complete(exception);
                pipe.IsCompleted = true;
                pipe.Fault("CompleteReader");
            }

            public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
            {
                pipe.Fault("ReadAsync");
                return inner.ReadAsync(cancellationToken);
            }

            public override bool TryRead(out ReadResult result) => inner.TryRead(out result);
        }

        private sealed class Writer(PipeWriter inner, FaultyPipe pipe) : PipeWriter
        {
            public override void Advance(int bytes) => inner.Advance(bytes);

            public override void CancelPendingFlush()
            {
                inner.CancelPendingFlush();
                pipe.Fault("CancelPendingFlush");
            }

            public override void Complete(Exception? exception = null)
            {
                inner.Complete(exception);
                pipe.Fault("CompleteWriter");
            }

            public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
            {
                var flushed = await inner.FlushAsync(cancellationToken);
                pipe.Fault("FlushAsync");
                return flushed;
            }

            public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
            {
                pipe.OnWrite?.Invoke();
                pipe.Fault("WriteAsync");
                return base.WriteAsync(source, cancellationToken);
            }

            public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

            public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);
        }
    }
}
