using System.Globalization;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Makes server names of handshakes (RFC 6066, section 3).</summary>
internal static class ServerNameIndication
{
    // TLSEXT_MAXLEN_host_name.
    private const int MaxLength = 255;

    /// <summary>Returns the server name of a server: in ASCII, and without a dot at its end; null if it has no host name. An address is none.</summary>
    public static string? Of(string? name)
    {
        var host = name is [.., '.'] ? name[..^1] : name;
        if (string.IsNullOrEmpty(host) || AddressLiteral.Read(host) is not null)
        {
            return null;
        }

        try
        {
            host = host.All(char.IsAscii) ? host : new IdnMapping().GetAscii(host);
            return host.Length <= MaxLength && host.All(static c => c is > ' ' and < '\x7f') ? host : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
