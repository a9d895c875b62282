using System.Globalization;
using System.Text;
using Linkerd.Tcp.Cli.Primitives;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.Configuration;

/// <summary>Represents a problem of a configuration file. Immutable; any thread.</summary>
/// <param name="File">The path of the file; <c>-</c> for the standard input.</param>
/// <param name="Position">The place in the file; null if it is about the whole file.</param>
/// <param name="Path">The path of the key, such as <c>routers[0].servers[1].port</c>; empty if there is none.</param>
/// <param name="Message">The problem and the expected value.</param>
internal sealed record ConfigurationProblem(string File, TextPosition? Position, string Path, string Message)
{
    private const int MostQuoted = 100;

    /// <summary>Quotes a text of the file for a message, without secrets, and shortened if it is long.</summary>
    public static string Quote(string text)
    {
        text = SecretText.Hide(text);
        return text.Length <= MostQuoted ? $"'{text}'" : $"'{text[..MostQuoted]}...'";
    }

    /// <summary>Returns <c>file:line:column: key.path: message</c>, on one line.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(File);
        if (Position is { } position)
        {
            text.Append(CultureInfo.InvariantCulture, $":{position}");
        }

        text.Append(": ");
        if (Path.Length > 0)
        {
            Append(text, Path);
            text.Append(": ");
        }

        Append(text, Message);
        return text.ToString();
    }

    // Texts of the file may have line breaks, and characters that terminals obey.
    private static void Append(StringBuilder text, string part)
    {
        foreach (var c in part)
        {
            if (char.IsControl(c) || c is '\u2028' or '\u2029')
            {
                text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            }
            else
            {
                text.Append(c);
            }
        }
    }
}
