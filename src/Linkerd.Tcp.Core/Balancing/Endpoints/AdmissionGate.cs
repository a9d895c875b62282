namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>The conditions that a pick has to check before it takes an endpoint. None for one that is well: then a pick checks nothing.</summary>
[Flags]
internal enum AdmissionGate
{
    None = 0,

    /// <summary>No new sessions.</summary>
    Draining = 1,

    /// <summary>Its breaker is not closed, or its check marks it as down.</summary>
    Ejected = 2,

    /// <summary>In slow start.</summary>
    Ramping = 4,

    /// <summary>There is a limit of its connections.</summary>
    Limited = 8,

    /// <summary>It has left connects without an answer for longer than it should.</summary>
    Silent = 16,

    /// <summary>An attempt to an address of its family has timed out, and its host has others.</summary>
    OtherFamily = 32,

    /// <summary>Others are preferred.</summary>
    Suspect = Silent | OtherFamily,
}
