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

    /// <summary>All addresses of a host, of both families, in any order. No address at all means that the host is not known.</summary>
    /// <param name="host">A name, never an address.</param>
    /// <param name="isRefresh">
    /// A hint for lookups that have to wait for one another: whether the caller has asked for this host before, so that a host that is asked for the first time may come first.
    /// </param>
    /// <param name="cancellationToken">
    /// Cancelled when the answer is not needed any more. The interpreter does not ask for a host again before its last question has ended, so a lookup bounds its own time.
    /// </param>
    /// <returns>The addresses; empty if the host does not exist.</returns>
    /// <exception cref="System.Net.Sockets.SocketException">
    /// <see cref="System.Net.Sockets.SocketError.HostNotFound"/> or <see cref="System.Net.Sockets.SocketError.NoData"/>: the host does not exist.
    /// Any other error or exception: the lookup failed, and the state of the host is unknown.
    /// </exception>
    Task<IPAddress[]> GetAddressesAsync(string host, bool isRefresh = false, CancellationToken cancellationToken = default);
}
