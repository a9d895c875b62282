using System.Net.Sockets;

namespace Linkerd.Tcp;

/// <summary>
/// A host whose addresses are endpoints of a balancer. Remembers which family of its addresses (IPv4, IPv6) has left an attempt without an answer.
/// </summary>
/// <remarks>
/// Happy Eyeballs (RFC 8305) tries both families at once. That would double the connects of servers that are well, so the first session that finds a family
/// dead spares the others.
/// </remarks>
internal sealed class EndpointHost
{
    /// <summary>The time for which a family is less preferred than the other.</summary>
    public static readonly TimeSpan DoubtTime = TimeSpan.FromSeconds(60);

    private long _until4;
    private long _until6;

    /// <summary>Gets or sets the last update that named it. Under the balancer's lock.</summary>
    public int Generation { get; set; }

    /// <summary>Gets the end of the doubt about a family, as a timestamp; 0 if there is none.</summary>
    public long UntilOf(AddressFamily family) => Volatile.Read(ref family == AddressFamily.InterNetworkV6 ? ref _until6 : ref _until4);

    /// <summary>Doubts a family until a time; with 0 no more.</summary>
    public void Doubt(AddressFamily family, long until) => Volatile.Write(ref family == AddressFamily.InterNetworkV6 ? ref _until6 : ref _until4, until);
}
