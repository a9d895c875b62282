using System.Diagnostics;
using Linkerd.Tcp.LoadTest.Native;

namespace Linkerd.Tcp.LoadTest.Traffic;

/// <summary>One end of an endless stream, as cheap as can be: sent from one buffer, dropped by the kernel when received.</summary>
internal sealed unsafe class BulkPeer : StreamPeer
{
    private readonly bool _sends;

    public BulkPeer(TrafficState traffic, bool sends, bool receives)
        : base(traffic)
    {
        _sends = sends;
        if (receives)
        {
            traffic.Receivers.Add(this);
        }
    }

    protected override bool HasMoreToSend()
    {
        if (!_sends || Traffic.Pacer is not { } pacer)
        {
            return _sends;
        }

        var now = Stopwatch.GetTimestamp();
        var due = pacer.NextTurn(now, Traffic.TurnBytes);
        if (due <= now)
        {
            return true;
        }

        Traffic.Loop.ScheduleAt(this, due);
        return false;
    }

    protected override nint Send(out int asked)
    {
        asked = Traffic.TurnBytes;
        var sent = SendBytes(Buffers.Pattern, asked);
        Traffic.Pacer?.Sent(Math.Max(0, sent));
        return sent;
    }

    protected override nint Receive(out int asked)
    {
        asked = Traffic.TurnBytes;
        var received = Tls is { } tls
            ? tls.Drop(Buffers.Scratch, asked)
            : Libc.Receive(Descriptor, Buffers.Scratch, (nuint)asked, Constants.Truncate);
        if (received > 0)
        {
            Received += received;
            Traffic.Bytes += received;
        }

        return received;
    }

    protected override void OnEnd() => Fail("stream: closed by the proxy");
}
