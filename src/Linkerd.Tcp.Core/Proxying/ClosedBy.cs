namespace Linkerd.Tcp.Proxying;

/// <summary>Specifies the side that ended a session: the first letter of a <see cref="CloseReason"/>. Each value is its letter.</summary>
public enum ClosedBy
{
    /// <summary><c>-</c>: no side in particular; the normal end.</summary>
    None = 0,

    /// <summary><c>C</c>: the client reset the connection, or was silent for too long.</summary>
    Client = 'C',

    /// <summary><c>S</c>: the server reset or refused the connection, or was silent for too long; or there was no server.</summary>
    Server = 'S',

    /// <summary><c>P</c>: the proxy decided so.</summary>
    Proxy = 'P',

    /// <summary><c>R</c>: the proxy ran out of a resource: descriptors, ports, memory.</summary>
    Resources = 'R',

    /// <summary><c>K</c>: an operator killed it: a drain whose grace was over.</summary>
    Operator = 'K',

    /// <summary><c>D</c>: its endpoint was declared down.</summary>
    Down = 'D',
}
