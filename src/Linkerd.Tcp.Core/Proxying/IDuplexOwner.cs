namespace Linkerd.Tcp.Proxying;

/// <summary>Who is told how a copy ended. An interface, and not a task, so that a session that copies for hours holds no task for it.</summary>
internal interface IDuplexOwner
{
    /// <summary>Both connections are closed. Called once, on the thread of the direction that ended last.</summary>
    /// <param name="result">How it ended.</param>
    /// <param name="error">What a transport threw, against its contract; null otherwise.</param>
    void OnCopyEnded(in DuplexResult result, Exception? error);
}
