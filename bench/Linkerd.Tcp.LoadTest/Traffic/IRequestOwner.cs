namespace Linkerd.Tcp.LoadTest.Traffic;

/// <summary>Decides what follows on an echo, which is what makes the difference between the workloads.</summary>
internal interface IRequestOwner
{
    /// <summary>The whole echo is there. True if the connection stays open.</summary>
    bool OnEcho(RequestPeer peer, long now);

    /// <summary>The connection failed; it is closed and counted already.</summary>
    void OnFailed(RequestPeer peer);
}
