namespace Linkerd.Tcp;

/// <summary>What a session does next on its way to a server connection.</summary>
internal enum ConnectStep
{
    /// <summary>Picks an endpoint.</summary>
    Pick,

    /// <summary>Connects to the one that was picked.</summary>
    Connect,

    /// <summary>Waits in the destination's queue.</summary>
    Wait,

    /// <summary>Pauses, then picks.</summary>
    Pause,

    /// <summary>Stops: it has a connection, or will get none.</summary>
    Stop,
}
