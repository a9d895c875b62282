using System.Text;
using Linkerd.Tcp.Naming.Files;

namespace Linkerd.Tcp.Dns;

/// <summary>The files of the machine. The version is that of the open file, and so of the target of a symbolic link.</summary>
internal sealed class TextFiles : ITextFiles
{
    private const int MaxBytes = 16 * 1024 * 1024;

    public static TextFiles Instance { get; } = new();

    public string? ReadIfChanged(string path, ref TextVersion? version, out string? problem)
    {
        problem = null;
        try
        {
            // Opening a pipe waits for its writer, and a device may have no end.
            if (OperatingSystem.IsLinux() && LinuxStat.IsSpecial(path))
            {
                throw new IOException("a regular file was expected");
            }

            // A writer must not be kept from it, nor from replacing the file.
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var found = new TextVersion(RandomAccess.GetLength(file), File.GetLastWriteTimeUtc(file));
            problem = found.Length > MaxBytes ? "it is longer than 16 MiB, of which no more is read" : null;
            if (found == version)
            {
                return null;
            }

            var buffer = new byte[(int)Math.Min(found.Length, MaxBytes)];
            var length = 0;
            while (length < buffer.Length && RandomAccess.Read(file, buffer.AsSpan(length), length) is var read and > 0)
            {
                length += read;
            }

            version = found;
            return Encoding.UTF8.GetString(buffer.AsSpan(0, length));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            version = null;
            return string.Empty;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            problem = e.Message;
            version = null;
            return string.Empty;
        }
    }
}
