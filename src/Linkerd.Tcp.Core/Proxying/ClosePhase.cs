namespace Linkerd.Tcp.Proxying;

/// <summary>Specifies the phase in which a session ended: the second letter of a <see cref="CloseReason"/>. Each value is its letter.</summary>
public enum ClosePhase
{
    /// <summary><c>-</c>: after everything; the normal end.</summary>
    None = 0,

    /// <summary><c>A</c>: accepted; a handshake with the client was not done.</summary>
    Accept = 'A',

    /// <summary><c>Q</c>: waiting for the name to resolve, or for an endpoint to become available.</summary>
    Queue = 'Q',

    /// <summary><c>C</c>: connecting to a server.</summary>
    Connect = 'C',

    /// <summary><c>D</c>: data; both directions open.</summary>
    Data = 'D',

    /// <summary><c>L</c>: last; one direction had ended, the other one had not.</summary>
    Last = 'L',
}
