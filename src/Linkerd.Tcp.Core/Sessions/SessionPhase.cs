namespace Linkerd.Tcp.Sessions;

/// <summary>Specifies the phase that a session has reached.</summary>
internal enum SessionPhase : byte
{
    /// <summary>Accepted, in its preludes.</summary>
    Prelude,

    /// <summary>Admitted, and waiting for a server connection.</summary>
    Establishing,

    /// <summary>Copying.</summary>
    Copy,

    /// <summary>Refused before it was admitted, or without a server connection.</summary>
    Unserved,
}
