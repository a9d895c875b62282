using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Dialing;

/// <summary>One attempt to get a server connection: its address, its options, and its client.</summary>
internal readonly struct DialRequest
{
    /// <summary>The address.</summary>
    public required EndPoint Address { get; init; }

    /// <summary>The source addresses, and the settings of the connection.</summary>
    public required ConnectOptions Policy { get; init; }

    /// <summary>The settings in place of the policy's and the dialer's; null for theirs.</summary>
    public TcpOptions? Tcp { get; init; }

    /// <summary>Gets the longest time that the attempt may take.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Gets the executor of the connection; null if any will do.</summary>
    public TransportExecutor? Executor { get; init; }

    /// <summary>Gets a value that indicates whether bytes are waiting to be sent.</summary>
    public bool SendsAtOnce { get; init; }

    /// <summary>Gets the steps before the connection is handed over: a PROXY header, a TLS handshake; null if there are none.</summary>
    public ConnectionSetup? Setup { get; init; }

    /// <summary>Gets the metadata of the endpoint; null if it has none.</summary>
    public EndpointMetadata? Metadata { get; init; }

    /// <summary>The client that the connection is for; null if it is for none: a preconnect, a check, the caller of a library.</summary>
    public IClientContext? Client { get; init; }
}
