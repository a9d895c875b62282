using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Hosting.Values;

/// <summary>The text form of dtabs on the command line: the text, or <c>@</c> and a file. <c>off</c> is none.</summary>
internal static class DtabText
{
    /// <summary>Reads a dtab.</summary>
    /// <exception cref="InvalidValueException">The file cannot be read, or the text is not a dtab; the message contains the position.</exception>
    public static Dtab? Parse(string text)
    {
        if (text == "off")
        {
            return null;
        }

        return text.StartsWith('@') ? ParseFile(text[1..]) : Parse(text, string.Empty);
    }

    /// <summary>Prints a dtab so that it reads back the same.</summary>
    public static string Print(Dtab? dtab) => dtab is { Entries.IsEmpty: false } ? dtab.ToString() : " ";

    private static Dtab ParseFile(string file)
    {
        try
        {
            return Parse(File.ReadAllText(file), file + ":");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InvalidValueException(file.Length == 0 ? "expected a file after '@'" : $"the file cannot be read ({error.Message})");
        }
    }

    private static Dtab Parse(string text, string where)
    {
        try
        {
            return Dtab.Parse(text);
        }
        catch (NameSyntaxException error)
        {
            throw new InvalidValueException($"{where}{TextPosition.Of(text, error.Position)}: {error.Message}");
        }
    }
}
