using System.Globalization;
using System.Text;

namespace Linkerd.Tcp.Hosting.Values;

/// <summary>The text form of bytes: UTF-8, with <c>\r</c>, <c>\n</c>, <c>\t</c>, <c>\\</c> and <c>\x0d</c>.</summary>
internal static class BytesText
{
    /// <summary>Parses bytes; <c>off</c> is none.</summary>
    /// <exception cref="InvalidValueException">An escape is not one of these.</exception>
    public static ReadOnlyMemory<byte> Parse(string text)
    {
        if (text == "off")
        {
            return default;
        }

        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                var length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(text, i, length));
                i += length - 1;
                continue;
            }

            switch (i + 1 < text.Length ? text[++i] : '\0')
            {
                case 'r':
                    bytes.Add((byte)'\r');
                    break;
                case 'n':
                    bytes.Add((byte)'\n');
                    break;
                case 't':
                    bytes.Add((byte)'\t');
                    break;
                case '\\':
                    bytes.Add((byte)'\\');
                    break;
                case 'x' when i + 2 < text.Length && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value):
                    bytes.Add(value);
                    i += 2;
                    break;
                default:
                    throw new InvalidValueException(@"expected \r, \n, \t, \\ or \x and two hexadecimal digits after each backslash");
            }
        }

        return bytes.ToArray();
    }

    /// <summary>Prints bytes so that they read back the same.</summary>
    public static string Print(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return "off";
        }

        var text = new StringBuilder(bytes.Length);
        foreach (var value in bytes.Span)
        {
            text.Append(value switch
            {
                (byte)'\r' => @"\r",
                (byte)'\n' => @"\n",
                (byte)'\t' => @"\t",
                (byte)'\\' => @"\\",
                < 0x20 or > 0x7e => string.Create(CultureInfo.InvariantCulture, $@"\x{value:x2}"),
                _ => ((char)value).ToString(),
            });
        }

        // These three bytes are not the word for none.
        return text.Equals("off") ? @"\x6fff" : text.ToString();
    }
}
