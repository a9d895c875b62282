namespace Linkerd.Tcp.Sessions;

/// <summary>Receives a record of each session at its end: for access logs, and custom metrics.</summary>
public interface ISessionObserver
{
    /// <summary>
    /// Called once for each session when it has ended, before its places are given back. Clients that a limit refused at accept were no sessions. Called on
    /// the thread that ended the session, which may be an event loop: must not block. An exception that it throws is logged (4103) and does not affect the session.
    /// </summary>
    /// <param name="record">The record.</param>
    void OnSessionEnded(SessionRecord record);
}
