namespace Linkerd.Tcp.Sessions;

/// <summary>Receives a record of each session at its end, and if wanted at the start of its copy: for access logs, and custom metrics.</summary>
public interface ISessionObserver
{
    /// <summary>
    /// Gets a value that indicates whether records are made at all: while it is false no other member is called, and sessions cost what they cost without an observer. It may change at any time; a session
    /// that was connected while it was false has no times of phases and no attempts in its record. Default: true.
    /// </summary>
    bool IsEnabled => true;

    /// <summary>
    /// Gets a value that indicates whether clients that a limit refused at accept are reported too, to <see cref="OnSessionEnded"/>. They were no sessions, and a flood of them is a flood of records. Default: false.
    /// </summary>
    bool ObservesRefusals => false;

    /// <summary>Gets a value that indicates whether <see cref="OnSessionStarted"/> is called. It is read at the start of each session. Default: false.</summary>
    bool ObservesStarts => false;

    /// <summary>
    /// Called once for each session that has a server connection, before its bytes are copied; not for one that ends before. On the same terms as <see cref="OnSessionEnded"/>.
    /// </summary>
    /// <param name="record">The record, without an end (<see cref="SessionRecord.HasEnded"/>).</param>
    void OnSessionStarted(SessionRecord record)
    {
    }

    /// <summary>
    /// Called once for each session when it has ended, before its places are given back. Clients that a limit refused at accept were no sessions (<see cref="ObservesRefusals"/>). Called on
    /// the thread that ended the session, which may be an event loop: must not block. An exception that it throws is logged (4103) and does not affect the session.
    /// </summary>
    /// <param name="record">The record.</param>
    void OnSessionEnded(SessionRecord record);
}
