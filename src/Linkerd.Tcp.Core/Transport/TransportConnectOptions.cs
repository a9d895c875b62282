using System.Net;

namespace Linkerd.Tcp.Transport;

/// <summary>Represents the options of one connection attempt. A value, so that an attempt allocates none; <c>default</c> and <c>new()</c> are the same.</summary>
public readonly struct TransportConnectOptions
{
    // Zero is the default, so that default(TransportConnectOptions) does not time out at once.
    private readonly TimeSpan _timeout;

    /// <summary>Initializes the options.</summary>
    /// <param name="executor">The executor of the new connection (<see cref="Executor"/>).</param>
    /// <param name="timeout">The longest time that the attempt may take (<see cref="Timeout"/>); null for the limit of the operating system.</param>
    /// <param name="source">The local address to connect from (<see cref="Source"/>).</param>
    /// <param name="tcp">The options of the connection (<see cref="Tcp"/>).</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative, and not infinite.</exception>
    public TransportConnectOptions(TransportExecutor? executor = null, TimeSpan? timeout = null, IPAddress? source = null, TcpOptions? tcp = null)
    {
        Executor = executor;
        Timeout = timeout ?? default;
        Source = source;
        Tcp = tcp;
    }

    /// <summary>
    /// Gets the executor on which the new connection lives: that of another connection (<see cref="TransportConnection.Executor"/>), also through a layer over it.
    /// Default: null, any executor. Ignored by an engine without loops, and by an engine that does not own the executor.
    /// </summary>
    public TransportExecutor? Executor { get; internal init; }

    /// <summary>Gets the longest time that the attempt may take. Zero and <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>, the default, leave the limit to the operating system.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative, and not infinite.</exception>
    public TimeSpan Timeout
    {
        get => _timeout == TimeSpan.Zero ? System.Threading.Timeout.InfiniteTimeSpan : _timeout;
        internal init => _timeout = value >= TimeSpan.Zero || value == System.Threading.Timeout.InfiniteTimeSpan
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Timeout), value, $"{nameof(Timeout)}: zero or more, or Timeout.InfiniteTimeSpan, was expected.");
    }

    /// <summary>
    /// Gets the local address to connect from. Default: null, the operating system chooses it. Ignored if the target is an address of the other family
    /// (IPv4 and IPv6; an IPv4-mapped address is IPv6) or a Unix-domain socket. If the address is not one of this machine, or has no port left for the
    /// target, the attempt fails with <see cref="ConnectFailure.LocalResources"/> and a <see cref="ConnectResult.Detail"/> that contains the address.
    /// </summary>
    /// <remarks>
    /// The operating system chooses the port. On Linux it does so at the connect (IP_BIND_ADDRESS_NO_PORT, ip(7)), so one port serves
    /// connections to many targets, as without this option. On other systems a port is reserved for all targets, so the number of
    /// connections per source address is limited to the number of ephemeral ports.
    /// </remarks>
    public IPAddress? Source { get; internal init; }

    /// <summary>Gets the TCP options of the connection, which are neither copied nor validated for each attempt. Default: null, the defaults of <see cref="TcpOptions"/>.</summary>
    public TcpOptions? Tcp { get; internal init; }

    /// <summary>
    /// Gets a value that indicates whether the caller sends bytes as soon as it is connected. The acknowledgement that ends the handshake may then be sent with them. Default: false.
    /// </summary>
    internal bool SendsAtOnce { get; init; }

    internal TcpOptions TcpOrDefaults => Tcp ?? TcpOptions.Defaults;
}
