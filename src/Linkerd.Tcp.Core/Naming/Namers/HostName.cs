namespace Linkerd.Tcp.Naming.Namers;

/// <summary>What a host name may be.</summary>
internal static class HostName
{
    private const int MostOfName = 253;
    private const int MostOfPart = 63;

    /// <summary>Whether a name server can be asked for this: letters, digits, hyphens and underscores between dots; a dot at the end is allowed.</summary>
    /// <remarks>RFC 1035, 2.3.4: 255 bytes on the wire are 253 characters. Underscores are no letters of host names, and are in use.</remarks>
    public static bool IsValid(string text)
    {
        var name = text.EndsWith('.') ? text[..^1] : text;
        return name.Length <= MostOfName && name.Split('.').All(part => part.Length is > 0 and <= MostOfPart && part.All(IsCharacter));
    }

    /// <summary>What was expected instead of a text, for a message.</summary>
    public static string Expect(string text) => text.All(c => c == '.' || IsCharacter(c))
        ? "a host name of at most 253 characters, in parts of 1 to 63 between dots,"
        : "a host name or an IP address";

    /// <summary>A text as it is shown in a message.</summary>
    public static string Shorten(string text) => text.Length <= MostOfPart ? text : text[..MostOfPart] + "...";

    private static bool IsCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';
}
