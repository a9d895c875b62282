namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>Specifies the purpose of a lease.</summary>
internal enum LeaseKind : byte
{
    /// <summary>A session of an endpoint that is well.</summary>
    Normal,

    /// <summary>The one connection that finds out whether an ejected endpoint is well again; its back-off was over.</summary>
    Probe,

    /// <summary>The one connection to an ejected endpoint if no other endpoint was left, whatever its back-off.</summary>
    Panic,
}
