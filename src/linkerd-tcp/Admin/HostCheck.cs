using System.Net;
using Linkerd.Tcp.Hosting;
using Microsoft.AspNetCore.Http;

namespace Linkerd.Tcp.Cli.Admin;

/// <summary>
/// Checks the Host of requests. A browser sends the name of the page's own site, so that a page whose name was made to stand for this machine (DNS rebinding) is refused: only names of
/// loopback, the address that was connected to, and configured names are accepted.
/// </summary>
internal sealed class HostCheck(AdminConfiguration options)
{
    private readonly IPAddress[] _addresses = [.. options.Hosts.Select(static host => IPAddress.TryParse(host, out var address) ? address : null).OfType<IPAddress>()];

    /// <summary>Returns true if a request may have a Host. Its port does not count.</summary>
    /// <param name="host">The Host.</param>
    /// <param name="local">The local address of the connection; null if it has none.</param>
    public bool Allows(HostString host, IPAddress? local)
    {
        if (!host.HasValue)
        {
            return false;
        }

        var name = host.Host.TrimEnd('.').TrimStart('[').TrimEnd(']');
        return IPAddress.TryParse(name, out var address)
            ? IPAddress.IsLoopback(address) || IsLocal(address, local) || Array.Exists(_addresses, address.Equals)
            : name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || options.Hosts.Contains(name, StringComparer.OrdinalIgnoreCase);
    }

    private static bool IsLocal(IPAddress address, IPAddress? local) => local is not null && address.Equals(local.IsIPv4MappedToIPv6 ? local.MapToIPv4() : local);
}
