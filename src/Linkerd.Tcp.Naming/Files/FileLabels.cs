using System.Text;

namespace Linkerd.Tcp.Naming.Files;

/// <summary>Converts labels of names to names of files. A label that could lead anywhere else than to an entry of the directory is not the name of a file.</summary>
internal static class FileLabels
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Gets the name of the file for a label in its canonical form; null if there can be none.</summary>
    public static string? FileNameOf(string label)
    {
        var name = label.StartsWith('\\') ? Decode(label) : label;
        return name is null or "." or ".." || name.AsSpan().ContainsAny(Path.GetInvalidFileNameChars()) || (OperatingSystem.IsWindows() && name[^1] is '.' or ' ')
            ? null : name;
    }

    // "\x61\x62": every byte is escaped, or none is. .NET cannot open a file whose name is not UTF-8.
    private static string? Decode(string label)
    {
        try
        {
            return Strict.GetString(Convert.FromHexString(label.Replace("\\x", null, StringComparison.Ordinal)));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
