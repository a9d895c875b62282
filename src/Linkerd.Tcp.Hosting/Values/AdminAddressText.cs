using System.Net;
using System.Text;

namespace Linkerd.Tcp.Hosting.Values;

/// <summary>The text forms of the admin server's address and of what belongs to it.</summary>
internal static class AdminAddressText
{
    private const string Unix = "unix:";

    // sockaddr_un.sun_path of Linux, with the zero at its end (unix(7)).
    private const int MaxPath = 107;

    /// <summary>Gets the type of addresses: <c>127.0.0.1:9989</c>, <c>9989</c>, <c>unix:/run/linkerd-tcp.sock</c>.</summary>
    public static OptionType<string?> Type { get; } = new TextType<string?>(
        "address", "an IP address and a port, a port alone, or unix:PATH", static text => Print(Parse(text)), static text => text, null);

    /// <summary>Gets the type of paths of sockets.</summary>
    public static OptionType<string?> SocketType { get; } = new TextType<string?>(
        "path", $"a path of at most {MaxPath} bytes, or off", static text => text == "off" ? null : ParsePath(text), static path => path, static path => IsPath(path!));

    /// <summary>Gets the type of the path of the file of a token.</summary>
    public static OptionType<string?> TokenFileType { get; } = new TextType<string?>(
        "file", "the path of a file, or off", static text => text == "off" ? null : text, static path => path, static path => TlsText.IsFile(path!) && path != "off");

    /// <summary>Prints the address of a configuration.</summary>
    public static string Print(AdminConfiguration admin) => admin.Socket is { } path ? Unix + path : new IPEndPoint(admin.Ip, admin.Port).ToString();

    /// <summary>Writes an address to a configuration.</summary>
    public static void Write(AdminConfiguration admin, string? text)
    {
        var parsed = Parse(text!);
        (admin.Ip, admin.Port, admin.Socket) = (parsed.Ip, parsed.Port, parsed.Socket);
    }

    /// <summary>Returns true if a text is a host name, or an IP address without brackets.</summary>
    public static bool IsHost(string text) => Uri.CheckHostName(text) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6 && !text.StartsWith('[') && text.Length <= 253;

    private static AdminConfiguration Parse(string text)
    {
        if (text.StartsWith(Unix, StringComparison.Ordinal))
        {
            return new AdminConfiguration { Socket = ParsePath(text[Unix.Length..]) };
        }

        // Not all addresses, as of a server: a port alone is the safe one.
        var address = AddressText.ParseListen(text);
        var isPort = !text.Contains(':', StringComparison.Ordinal) || text.StartsWith(':');
        return new AdminConfiguration { Ip = isPort ? IPAddress.Loopback : address.Address, Port = address.Port };
    }

    private static string ParsePath(string text) => IsPath(text) ? text : throw new InvalidValueException($"'{text}' is not the path of a socket; expected at most {MaxPath} bytes, such as /run/linkerd-tcp/admin.sock");

    private static bool IsPath(string path) => path.Length > 0 && path != "off" && !path.Contains('\0', StringComparison.Ordinal) && Encoding.UTF8.GetByteCount(path) <= MaxPath;
}
