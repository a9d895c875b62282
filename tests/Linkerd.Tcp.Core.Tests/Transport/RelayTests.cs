using System.Net;
using Linkerd.Tcp.Tests.Security.Connections;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>The copy between connections of any engines.</summary>
public sealed class RelayTests
{
    [Fact]
    public async Task RunAsync_SourceThatIsAlwaysReady_LetsOthersHaveTheLoop()
    {
        var loop = new StepExecutor();
        var source = new EndlessConnection(loop);
        var copying = Relay.RunAsync(source, new EndlessConnection(loop), new NoObserver());
        for (var turn = 1; turn <= 10; turn++)
        {
            Assert.True(loop.HasWork);
            Assert.Equal(turn * 1024 * 1024, source.BytesReceived);
            loop.RunTurn();
        }

        source.Abort();
        loop.RunTurn();
        await copying.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    // Bytes come, and go, without end.
    private sealed class EndlessConnection(TransportExecutor executor) : TransportConnection
    {
        private readonly byte[] _bytes = new byte[64 * 1024];
        private long _received;
        private bool _isAborted;

        public override EndPoint? LocalEndPoint => null;

        public override EndPoint? RemoteEndPoint => null;

        public override TransportExecutor Executor => executor;

        public override TransportTimer Deadline => throw new NotSupportedException();

        public override long BytesReceived => _received;

        public override int UnreadBytes => 0;

        public override long BytesSent => 0;

        public override bool IsReset => false;

        public override bool HasPeerClosed => false;

        public override ValueTask<ReceiveResult> ReceiveAsync()
        {
            _received += _isAborted ? 0 : _bytes.Length;
            return new(_isAborted ? new ReceiveResult(TransportStatus.Aborted, default) : new ReceiveResult(TransportStatus.Ok, _bytes));
        }

        public override void Advance(int consumed)
        {
        }

        public override ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data) => new(TransportStatus.Ok);

        public override void ShutdownSend()
        {
        }

        public override ValueTask<bool> FlushToPeerAsync() => new(true);

        public override void Abort() => _isAborted = true;

        public override ValueTask DisposeAsync() => default;
    }

    private sealed class NoObserver : IRelayObserver
    {
        public void OnReceived(long now)
        {
        }

        public void OnBlocked()
        {
        }

        public void OnSent(long now)
        {
        }

        public void OnUnblocked(long now)
        {
        }

        public void OnEnded(RelayEnd end)
        {
        }

        public void OnFaulted(Exception error) => Assert.Fail(error.ToString());
    }
}
