using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Transport;

/// <summary>Represents the options of a listener. The transport copies and validates them: later changes have no effect.</summary>
public sealed class TransportListenOptions
{
    /// <summary>Gets or sets the local address: an <see cref="IPEndPoint"/> (port 0: any free one) or a <see cref="UnixDomainSocketEndPoint"/>. Required if
    /// <see cref="Handle"/> is not set. Default: null.</summary>
    public EndPoint? EndPoint { get; set; }

    /// <summary>Gets or sets an inherited socket that already listens. It then belongs to the listener, which closes this handle in the end, and leaves the
    /// socket's backlog to other processes that share it. Default: null.</summary>
    public SafeSocketHandle? Handle { get; set; }

    /// <summary>
    /// Gets or sets the number of connections that the kernel completes before they are accepted, 1 or more. Default: as many as it allows, which on Linux is
    /// net.core.somaxconn (listen(2)); every system cuts a larger value down to its limit. If the backlog is full Linux drops SYNs, and a client waits a second
    /// for its SYN's repetition.
    /// </summary>
    public int Backlog { get; set; } = int.MaxValue;

    /// <summary>
    /// Gets or sets a value that indicates whether a listener on <c>[::]</c> takes IPv6 clients only. Default: false, it takes IPv4 clients too, as Kestrel's
    /// does; their addresses appear in IPv4's form (RFC 4291, section 2.5.5.2). Listeners on other IPv6 addresses take IPv6 clients only.
    /// </summary>
    public bool IPv6Only { get; set; }

    // True if IPv4 clients come to an IPv6 socket.
    internal bool IsDual => !IPv6Only && EndPoint is IPEndPoint ip && ip.Address.Equals(IPAddress.IPv6Any);

    /// <summary>Gets or sets the settings of accepted connections. Default: those of <see cref="TcpOptions"/>.</summary>
    public TcpOptions Tcp { get; set; } = new();

    /// <summary>
    /// Gets or sets the limit of accepted connections: while it is reached nothing is accepted, and clients wait in the kernel's backlog.
    /// One limit may serve several listeners. Default: null, no limit.
    /// </summary>
    public ConnectionLimit? Limit { get; set; }

    /// <summary>Finds the reason for which a listener with these options cannot continue with others. For an <see cref="ITransport"/> of your own.</summary>
    /// <param name="next">The other options.</param>
    /// <returns>The reason; null if it can.</returns>
    public string? FindObstacle(TransportListenOptions next)
    {
        ArgumentNullException.ThrowIfNull(next);
        if (EndPoint is IPEndPoint { Address: var ip } && ip.Equals(IPAddress.IPv6Any) && IPv6Only != next.IPv6Only)
        {
            return $"whether it takes IPv4 clients too is settled when its socket is bound; {(IPv6Only ? "IPv6 clients only" : "clients of both families")} it takes now";
        }

        if (OperatingSystem.IsWindows() && Backlog != next.Backlog)
        {
            return "the backlog of a socket that listens cannot be changed on Windows";
        }

        // Connections that Linux accepts inherit the buffers of the listening socket, and SO_SNDBUF and SO_RCVBUF cannot be unset (socket(7)).
        return OperatingSystem.IsLinux() && EndPoint is IPEndPoint && (IsUnset(Tcp.SendBufferSize, next.Tcp.SendBufferSize) || IsUnset(Tcp.ReceiveBufferSize, next.Tcp.ReceiveBufferSize))
            ? "once a buffer size is set on its socket it cannot be left to the system again"
            : null;
    }

    /// <summary>Copies and validates other options for a listener that has these. For an <see cref="ITransport"/> of your own: with themselves, a copy of valid options.</summary>
    /// <param name="next">The other options.</param>
    /// <returns>A copy of them, with the address, the handle and the limit of these.</returns>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    /// <exception cref="NotSupportedException">The listener cannot continue with the other options (see <see cref="FindObstacle"/>).</exception>
    public TransportListenOptions With(TransportListenOptions next)
    {
        ArgumentNullException.ThrowIfNull(next);
        next = next.Copy();
        (next.EndPoint, next.Handle, next.Limit) = (EndPoint, Handle, Limit);
        next = OptionsValidator.Validated(next, static (options, validator) => options.Validate(validator));
        return FindObstacle(next) is { } obstacle ? throw new NotSupportedException(obstacle) : next;
    }

    private static bool IsUnset(int? now, int? next) => now is not null && next is null;

    internal TransportListenOptions Copy()
    {
        var copy = (TransportListenOptions)MemberwiseClone();
        copy.Tcp = Tcp?.Copy()!;
        return copy;
    }

    internal void Validate(OptionsValidator validator)
    {
        validator.Expect(EndPoint is not null || Handle is not null, EndPoint, "an end point, or a handle in its place,");
        validator.Range(Backlog, 1);
        validator.Nested(Tcp, static (tcp, validator) => tcp.Validate(validator));
    }
}
