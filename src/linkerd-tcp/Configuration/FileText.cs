using System.Text;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.Configuration;

/// <summary>Reads the text of a file: UTF-8, with or without a byte order mark.</summary>
internal static class FileText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a stream to its end.</summary>
    /// <exception cref="ConfigurationSyntaxException">It is too long, or not a text.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string Read(Stream stream)
    {
        var bytes = ReadBytes(stream);
        var length = bytes.Length;
        var start = bytes is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0;
        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            throw new ConfigurationSyntaxException(new(1, 1), "it is UTF-16; expected UTF-8");
        }

        try
        {
            var text = Strict.GetString(bytes, start, length - start);
            return FindControl(text) is { } wrong
                ? throw new ConfigurationSyntaxException(TextPosition.Of(text, wrong), $"it has the control character U+{(int)text[wrong]:X4}; expected text")
                : text;
        }
        catch (DecoderFallbackException error)
        {
            var valid = Strict.GetString(bytes, start, Math.Max(0, error.Index));
            throw new ConfigurationSyntaxException(TextPosition.Of(valid, valid.Length), "it is not UTF-8 from here on; expected text in UTF-8");
        }
    }

    private static byte[] ReadBytes(Stream stream)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (stream.Read(buffer) is > 0 and var count)
        {
            bytes.Write(buffer, 0, count);
            if (bytes.Length > ConfigurationLimits.Bytes)
            {
                throw new ConfigurationSyntaxException(null, $"it is longer than {ConfigurationLimits.Bytes} bytes; expected a configuration file");
            }
        }

        return bytes.ToArray();
    }

    // YAML does not have these (chapter 5.1), and JSON only as escapes.
    private static int? FindControl(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]) && text[i] is not ('\t' or '\n' or '\r' or '\u0085'))
            {
                return i;
            }
        }

        return null;
    }
}
