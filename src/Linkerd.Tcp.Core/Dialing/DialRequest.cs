using System.Net;

namespace Linkerd.Tcp;

/// <summary>One attempt to get a server connection: where to, how, and for whom.</summary>
internal readonly struct DialRequest
{
    /// <summary>The address.</summary>
    public required EndPoint Address { get; init; }

    /// <summary>What discovery says of the endpoint beside its address; null if it says nothing.</summary>
    public EndpointMetadata? Metadata { get; init; }

    /// <summary>The source addresses, and how the connection is set up.</summary>
    public required ConnectPolicy Policy { get; init; }

    /// <summary>The set-up in place of the policy's and the dialer's; null: theirs.</summary>
    public TcpOptions? Tcp { get; init; }

    /// <summary>How long the attempt may take.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Where the connection shall live; null: anywhere.</summary>
    public TransportExecutor? Executor { get; init; }

    /// <summary>Whether bytes are waiting to be sent.</summary>
    public bool SendsAtOnce { get; init; }

    /// <summary>What sends the PROXY header with which the connection begins; null: it begins with none.</summary>
    public ProxyHeaderSender? Header { get; init; }

    /// <summary>The client that the connection is for; null if it is for none: a preconnect, a check, the caller of a library.</summary>
    public IClientContext? Client { get; init; }
}
