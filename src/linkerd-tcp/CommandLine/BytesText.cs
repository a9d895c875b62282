using System.Globalization;
using System.Text;

namespace Linkerd.Tcp.Cli;

/// <summary>Bytes as people write them: UTF-8, with <c>\r</c>, <c>\n</c>, <c>\t</c>, <c>\\</c> and <c>\x0d</c>.</summary>
internal static class BytesText
{
    /// <summary>Reads them; <c>off</c> is none.</summary>
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
}
