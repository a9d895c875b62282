using Linkerd.Tcp.LoadTest.Native;
using Linkerd.Tcp.LoadTest.Tls;

namespace Linkerd.Tcp.LoadTest.Loop;

/// <summary>What owns one descriptor of the loop: one end of a connection, or the listener.</summary>
internal abstract unsafe class Peer
{
    /// <summary>Asks for all events, edge-triggered.</summary>
    public const uint ReadAndWrite = ReadOnly | Constants.Writable;

    /// <summary>Asks for all but writability: a ping never fills a send buffer.</summary>
    public const uint ReadOnly = Constants.Readable | Constants.PeerFinished | Constants.EdgeTriggered;

    public int Descriptor { get; set; } = -1;

    public int Slot { get; set; } = -1;

    /// <summary>TLS on the descriptor, if the connection has it. The loop closes it with the descriptor.</summary>
    public TlsConnection? Tls { get; set; }

    /// <summary>Called with the events of the descriptor. They may be stale by one batch: what is not there must be taken well.</summary>
    public abstract void OnReady(uint events);

    /// <summary>The last error of this connection, for a report.</summary>
    protected string LastError => Tls?.Reason ?? ErrorNumber.NameOf(ErrorNumber.Last);

    /// <summary>Sends, through TLS if there is TLS.</summary>
    protected nint SendBytes(byte* buffer, int length) =>
        Tls is { } tls ? tls.Send(buffer, length) : Libc.Send(Descriptor, buffer, (nuint)length, Constants.NoSignal);

    /// <summary>Receives, through TLS if there is TLS; then one record at most, and only EAGAIN says that there is no more.</summary>
    protected nint ReceiveBytes(byte* buffer, int length) =>
        Tls is { } tls ? tls.Receive(buffer, length) : Libc.Receive(Descriptor, buffer, (nuint)length, 0);

    /// <summary>After a short read the next one would find nothing, unless the end of the stream came in the same event.</summary>
    protected static bool IsEndNear(uint events) =>
        (events & (Constants.PeerFinished | Constants.HungUp | Constants.Failed)) != 0;
}
