namespace Linkerd.Tcp.Balancing;

/// <summary>Specifies the causes for which an endpoint is ejected.</summary>
[Flags]
internal enum EjectionCause
{
    /// <summary>The endpoint is not ejected.</summary>
    None = 0,

    /// <summary>Connects failed, several in a row.</summary>
    ConnectFailures = 1,

    /// <summary>The server closed connections at once, several in a row.</summary>
    EarlyCloses = 2,

    /// <summary>The active check marks it as down.</summary>
    Check = 4,

    /// <summary>An operator has ejected it.</summary>
    Operator = 8,
}
