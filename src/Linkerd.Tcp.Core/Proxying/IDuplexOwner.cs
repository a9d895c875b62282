namespace Linkerd.Tcp.Proxying;

/// <summary>Receives the end of a copy. An interface, and not a task, so that a session that copies for hours holds no task for it.</summary>
internal interface IDuplexOwner
{
    /// <summary>Called once when both connections are closed, on the thread of the direction that ended last.</summary>
    /// <param name="result">The end.</param>
    /// <param name="error">The exception that a transport threw, against its contract; null otherwise.</param>
    void OnCopyEnded(in DuplexResult result, Exception? error);
}
