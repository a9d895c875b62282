using System.Globalization;

namespace Linkerd.Tcp.Cli;

/// <summary>What namerd is told.</summary>
internal static class NamerdText
{
    private const string Expected = "expected <HOST>:<PORT> such as 127.0.0.1:4180, or a URL such as http://namerd.example:4180";

    /// <summary>Reads the address of namerd's HTTP interface.</summary>
    /// <exception cref="InvalidValueException">It is none.</exception>
    public static Uri ParseAddress(string text)
    {
        var isUrl = text.Contains("://", StringComparison.Ordinal);
        if (!Uri.TryCreate(isUrl ? text : "http://" + text, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            throw new InvalidValueException(Expected);
        }

        if (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)
        {
            throw new InvalidValueException($"'{uri.Scheme}' is neither http nor https; {Expected}");
        }

        if (uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0 || (!isUrl && uri.AbsolutePath != "/"))
        {
            throw new InvalidValueException(Expected);
        }

        if (!isUrl && !text.EndsWith(string.Create(CultureInfo.InvariantCulture, $":{uri.Port}"), StringComparison.Ordinal))
        {
            throw new InvalidValueException($"the port is missing; {Expected}");
        }

        return uri.Port > 0 ? uri : throw new InvalidValueException($"port 0 cannot be connected to; {Expected}");
    }

    /// <summary>Reads a namespace.</summary>
    /// <exception cref="InvalidValueException">It cannot be one.</exception>
    public static string ParseNamespace(string text) =>
        text.Any(character => character is <= ' ' or > '~' or '?' or '#' or '%')
            ? throw new InvalidValueException("expected a namespace such as default: printable ASCII without blanks, '?', '#' and '%', as namerd does not decode it")
            : text;
}
