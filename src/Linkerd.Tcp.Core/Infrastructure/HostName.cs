namespace Linkerd.Tcp.Infrastructure;

/// <summary>Checks host names. Any thread. For the packages of this project; it may change in any version.</summary>
public static class HostName
{
    private const int MaxName = 253;
    private const int MaxPart = 63;

    /// <summary>Returns a value that indicates whether a text can be sent to a name server: letters, digits, hyphens and underscores between dots; a dot at the end is allowed.</summary>
    /// <remarks>RFC 1035, 2.3.4: 255 bytes on the wire are 253 characters. Underscores are no letters of host names, and are in use.</remarks>
    public static bool IsValid(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var name = text.EndsWith('.') ? text[..^1] : text;
        return name.Length <= MaxName && name.Split('.').All(part => part.Length is > 0 and <= MaxPart && part.All(IsCharacter));
    }

    /// <summary>Returns a description of the problem of a text that is not an address; null if it is a host name.</summary>
    public static string? FindProblem(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var expected = AddressLiteral.IsAmbiguous(text) ? $"{AddressLiteral.Expected},"
            : IsValid(text) ? null
            : text.All(c => c == '.' || IsCharacter(c)) ? "a host name of at most 253 characters, in parts of 1 to 63 between dots,"
            : "a host name or an IP address";
        return expected is null ? null : $"{expected} was expected where '{(text.Length <= MaxPart ? text : text[..MaxPart] + "...")}' stands";
    }

    private static bool IsCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';
}
