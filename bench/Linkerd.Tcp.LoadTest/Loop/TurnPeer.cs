namespace Linkerd.Tcp.LoadTest.Loop;

/// <summary>A peer whose work is done in turns, after what is urgent.</summary>
internal abstract class TurnPeer : Peer
{
    /// <summary>Whether it waits for its turn already.</summary>
    public bool IsScheduled { get; set; }

    /// <summary>Does a limited piece of work; schedules itself again where there is more.</summary>
    public abstract void TakeTurn();
}
