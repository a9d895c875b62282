using System.Net;
using Linkerd.Tcp.TestUtilities.Simulation;

namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <summary>The client's side of a session: somebody who waits, and says nothing.</summary>
internal sealed class BalanceClient(SimulatedScheduler scheduler) : TransportConnection
{
    private static readonly EndPoint Address = new IPEndPoint(IPAddress.Loopback, 50_000);

    /// <summary>How often a server was connected to for this client.</summary>
    public int Attempts { get; set; }

    /// <summary>Those servers.</summary>
    public HashSet<int> Servers { get; } = [];

    /// <summary>Whether the last attempt was refused by an endpoint that was well, so that the next one costs no retry.</summary>
    public bool IsNextFree { get; set; }

    public override EndPoint? LocalEndPoint => null;

    public override EndPoint? RemoteEndPoint => Address;

    public override TransportExecutor Executor => scheduler;

    public override TransportTimer Deadline => throw new NotSupportedException("The session's deadline is the simulator's.");

    public override long BytesReceived => 0;

    public override int UnreadBytes => 0;

    public override long BytesSent => 0;

    public override bool PeerGone => false;

    public override bool PeerFinished => false;

    public override ValueTask<ReceiveResult> ReceiveAsync() => throw new NotSupportedException("Nothing is copied.");

    public override void Advance(int consumed) => throw new NotSupportedException("Nothing is copied.");

    public override ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data) => throw new NotSupportedException("Nothing is copied.");

    public override void ShutdownSend()
    {
    }

    public override ValueTask<bool> WaitAcknowledgedAsync() => new(true);

    public override void Abort()
    {
    }

    public override ValueTask DisposeAsync() => default;
}
