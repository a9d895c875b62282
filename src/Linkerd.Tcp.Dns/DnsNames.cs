using System.Globalization;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Dns;

/// <summary>Checks the labels of names of the namers over DNS.</summary>
internal static class DnsNames
{
    /// <summary>Returns true if a name server can be queried for this: letters, digits, hyphens and underscores between dots.</summary>
    public static bool IsHost(string text) => HostName.IsValid(text);

    public static int? PortOf(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0 ? port : null;
}
