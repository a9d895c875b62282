using System.Globalization;
using System.Text;

namespace Linkerd.Tcp.Primitives;

/// <summary>Prints the labels of names. A label of legal characters is unchanged; in any other label every byte becomes \xhh.</summary>
internal static class NameLabel
{
    /// <summary>Prints a label.</summary>
    /// <param name="text">The label as written, which <see cref="NameScanner"/> has accepted.</param>
    public static string Print(ReadOnlySpan<char> text)
    {
        if (!text.Contains('\\'))
        {
            return text.ToString();
        }

        var bytes = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                bytes.Add(byte.Parse(text.Slice(i + 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                i += 3;
            }
            else
            {
                bytes.Add((byte)text[i]);
            }
        }

        return Print([.. bytes]);
    }

    /// <summary>Prints a label.</summary>
    /// <param name="label">The bytes of the label.</param>
    public static string Print(ReadOnlySpan<byte> label)
    {
        var text = new StringBuilder(label.Length);
        foreach (var b in label)
        {
            if (!NameScanner.IsLabelChar((char)b))
            {
                return PrintHex(label);
            }

            text.Append((char)b);
        }

        return text.ToString();
    }

    private static string PrintHex(ReadOnlySpan<byte> label)
    {
        var text = new StringBuilder(label.Length * 4);
        foreach (var b in label)
        {
            text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
        }

        return text.ToString();
    }
}
