namespace Linkerd.Tcp.Balancing;

/// <summary>Why an endpoint is ejected.</summary>
[Flags]
public enum EjectionCause
{
    /// <summary>It is not.</summary>
    None = 0,

    /// <summary>Connects failed, several in a row.</summary>
    ConnectFailures = 1,

    /// <summary>It accepted and closed at once, several times in a row.</summary>
    EarlyCloses = 2,

    /// <summary>The active check says that it is down.</summary>
    Check = 4,

    /// <summary>An operator said so.</summary>
    Operator = 8,
}
