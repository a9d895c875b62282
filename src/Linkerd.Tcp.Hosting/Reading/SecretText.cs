using System.Buffers;
using System.Text;

namespace Linkerd.Tcp.Hosting;

/// <summary>Hides what is a secret by its form in texts for messages: the user and password of a URL, and the content of PEM files, which is sometimes given in place of a path. For the packages of this project; it may change in any version.</summary>
public static class SecretText
{
    /// <summary>The text in place of a secret.</summary>
    public const string Hidden = "***";

    private const string Authority = "//";
    private const string Begin = "-----BEGIN ";
    private const string End = "-----END ";
    private const string Dashes = "-----";

    // A password that is not encoded may have slashes.
    private static readonly SearchValues<char> EndsOfUrl = SearchValues.Create(" \t\r\n'\",");

    /// <summary>Returns a text without its secrets.</summary>
    public static string Hide(string text) => HideBlocks(HideUsers(text));

    private static string HideUsers(string text)
    {
        var shown = new StringBuilder();
        var done = 0;
        for (var next = text.IndexOf(Authority, StringComparison.Ordinal); next >= 0; next = text.IndexOf(Authority, done, StringComparison.Ordinal))
        {
            var start = next + Authority.Length;
            var rest = text.AsSpan(start);
            var at = (rest.IndexOfAny(EndsOfUrl) is >= 0 and var end ? rest[..end] : rest).LastIndexOf('@');
            shown.Append(text, done, start - done).Append(at >= 0 ? Hidden : string.Empty);
            done = start + Math.Max(0, at);
        }

        return shown.Append(text, done, text.Length - done).ToString();
    }

    private static string HideBlocks(string text)
    {
        var shown = new StringBuilder();
        var done = 0;
        for (var next = text.IndexOf(Begin, StringComparison.Ordinal); next >= 0; next = text.IndexOf(Begin, done, StringComparison.Ordinal))
        {
            // The label is shown; a block without an end goes to the end of the text.
            var label = text.IndexOf(Dashes, next + Begin.Length, StringComparison.Ordinal) is >= 0 and var found ? found : text.Length;
            var end = text.IndexOf(End, label, StringComparison.Ordinal) is >= 0 and var last ? text.IndexOf(Dashes, last + End.Length, StringComparison.Ordinal) : -1;
            shown.Append(text, done, label - done).Append(label < text.Length ? Hidden : string.Empty);
            done = end >= 0 ? end + Dashes.Length : text.Length;
        }

        return shown.Append(text, done, text.Length - done).ToString();
    }
}
