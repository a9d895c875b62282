namespace Linkerd.Tcp;

/// <summary>Who is told what became of a wish for a server connection.</summary>
internal interface IConnectOwner
{
    /// <summary>Called once, on the client's executor; must not throw.</summary>
    /// <param name="outcome">What became of it.</param>
    /// <param name="error">What a balancer or a transport threw, against its contract; null otherwise.</param>
    void OnConnectEnded(in ConnectOutcome outcome, Exception? error);
}
