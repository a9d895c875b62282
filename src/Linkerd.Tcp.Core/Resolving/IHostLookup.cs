using System.Net;

namespace Linkerd.Tcp.Resolving;

/// <summary>Finds the addresses of host names. Members may be called from any thread.</summary>
public interface IHostLookup
{
    /// <summary>
    /// Gets the lookup by the operating system: hosts file, DNS, search list. It runs on at most 16 background threads that all users of it share; hosts that are
    /// looked up for the first time come first, at most one query at a time runs for a host, and one that takes longer than 30 s fails.
    /// </summary>
    static IHostLookup Default => DnsHostLookup.Instance;

    /// <summary>Gets all addresses of a host, of both families, in any order. An empty array means that the host does not exist.</summary>
    /// <param name="host">A host name, never an address.</param>
    /// <param name="cancellationToken">
    /// Cancelled when the answer is not needed any more. The interpreter does not look a host up again before its last lookup has ended, so an implementation bounds
    /// its own time.
    /// </param>
    /// <returns>The addresses; empty if the host does not exist.</returns>
    /// <exception cref="System.Net.Sockets.SocketException">
    /// <see cref="System.Net.Sockets.SocketError.HostNotFound"/> or <see cref="System.Net.Sockets.SocketError.NoData"/>: the host does not exist.
    /// Any other error or exception: the lookup failed, and the state of the host is unknown.
    /// </exception>
    Task<IPAddress[]> GetAddressesAsync(string host, CancellationToken cancellationToken);

    /// <summary>
    /// As <see cref="GetAddressesAsync(string, CancellationToken)"/>, with a hint for lookups that have to wait for one another. The default implementation ignores it.
    /// </summary>
    /// <param name="host">A host name, never an address.</param>
    /// <param name="isRefresh">
    /// True if the caller has looked this host up before. A host that is looked up for the first time may come first, as a session may be waiting for it.
    /// </param>
    /// <param name="cancellationToken">Cancelled when the answer is not needed any more.</param>
    /// <exception cref="System.Net.Sockets.SocketException">As above.</exception>
    Task<IPAddress[]> GetAddressesAsync(string host, bool isRefresh, CancellationToken cancellationToken) => GetAddressesAsync(host, cancellationToken);
}
