using System.Globalization;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Dns;

/// <summary>What the labels of names of the namers over DNS may be.</summary>
internal static class DnsNames
{
    /// <summary>Whether a name server can be asked for this: letters, digits, hyphens and underscores between dots.</summary>
    public static bool IsHost(string text) => HostName.IsValid(text);

    public static int? PortOf(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0 ? port : null;
}
