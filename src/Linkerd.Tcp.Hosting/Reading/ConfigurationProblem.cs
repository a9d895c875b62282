using System.Globalization;
using System.Text;

namespace Linkerd.Tcp.Hosting;

/// <summary>Represents a problem of a configuration source. Immutable; any thread.</summary>
public sealed class ConfigurationProblem
{
    private const int MostQuoted = 100;

    internal ConfigurationProblem(string file, TextPosition? position, string path, string message) => (File, Position, Path, Message) = (file, position, path, message);

    /// <summary>Gets the name of the source: the path of the file, or <c>-</c> for the standard input.</summary>
    public string File { get; }

    /// <summary>Gets the place in the source; null if it is about the whole source, or the source has no places.</summary>
    public TextPosition? Position { get; }

    /// <summary>Gets the path of the key, such as <c>routers[0].servers[1].port</c>; empty if there is none.</summary>
    public string Path { get; }

    /// <summary>Gets the problem and the expected value.</summary>
    public string Message { get; }

    /// <summary>Quotes a text of the source for a message, without secrets, and shortened if it is long.</summary>
    /// <param name="text">The text.</param>
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

    /// <summary>Appends a text on one line: texts of a source may have line breaks, and characters that terminals obey.</summary>
    internal static void Append(StringBuilder text, string part)
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
