using System.Net;

namespace Linkerd.Tcp.Namerd;

/// <summary>Asks the operating system: hosts file, DNS, search list.</summary>
internal sealed class SystemLookup : IHostLookup
{
    public static SystemLookup Instance { get; } = new();

    // Without the token: cancelling would only leave behind the thread that is blocked in getaddrinfo, and the next lookup take another one.
    public Task<IPAddress[]> GetAddressesAsync(string host, CancellationToken cancellationToken) => Dns.GetHostAddressesAsync(host, CancellationToken.None);
}
