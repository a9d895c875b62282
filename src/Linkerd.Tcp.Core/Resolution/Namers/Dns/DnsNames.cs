using System.Globalization;

namespace Linkerd.Tcp;

/// <summary>What the labels of names of the namers over DNS may be.</summary>
internal static class DnsNames
{
    private const int MostOfName = 253;
    private const int MostOfPart = 63;

    /// <summary>Whether a name server can be asked for this: letters, digits, hyphens and underscores between dots.</summary>
    public static bool IsHost(string text)
    {
        var name = text.EndsWith('.') ? text[..^1] : text;
        return name.Length <= MostOfName && name.Split('.').All(part =>
            part.Length is > 0 and <= MostOfPart && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));
    }

    public static int? PortOf(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0 ? port : null;
}
