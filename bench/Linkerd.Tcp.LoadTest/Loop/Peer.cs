using Linkerd.Tcp.LoadTest.Native;

namespace Linkerd.Tcp.LoadTest.Loop;

/// <summary>What owns one descriptor of the loop: one end of a connection, or the listener.</summary>
internal abstract class Peer
{
    /// <summary>Asks for all events, edge-triggered.</summary>
    public const uint ReadAndWrite = ReadOnly | Constants.Writable;

    /// <summary>Asks for all but writability: a ping never fills a send buffer.</summary>
    public const uint ReadOnly = Constants.Readable | Constants.PeerFinished | Constants.EdgeTriggered;

    public int Descriptor { get; set; } = -1;

    public int Slot { get; set; } = -1;

    /// <summary>Called with the events of the descriptor. They may be stale by one batch: what is not there must be taken well.</summary>
    public abstract void OnReady(uint events);

    /// <summary>After a short read the next one would find nothing, unless the end of the stream came in the same event.</summary>
    protected static bool IsEndNear(uint events) =>
        (events & (Constants.PeerFinished | Constants.HungUp | Constants.Failed)) != 0;
}
