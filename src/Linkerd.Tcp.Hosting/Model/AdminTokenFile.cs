using System.Text;

namespace Linkerd.Tcp.Hosting;

/// <summary>Reads the token of the admin server from its file. Messages never have a part of it.</summary>
public static class AdminTokenFile
{
    private const int Least = 16;
    private const int Most = 1024;

    /// <summary>Reads the token: the only line of the file.</summary>
    /// <param name="path">The path.</param>
    /// <exception cref="InvalidValueException">The file cannot be read, or has no token.</exception>
    public static string Read(string path)
    {
        // White space around it, such as the end of its line, does not count.
        var bytes = new byte[2 * Most];
        int length;
        try
        {
            using var file = File.OpenHandle(path);
            length = RandomAccess.Read(file, bytes, 0);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InvalidValueException(error is FileNotFoundException or DirectoryNotFoundException ? $"{path}: there is no such file" : $"{path}: {error.Message}");
        }

        var token = Encoding.UTF8.GetString(bytes, 0, length).Trim();
        return token.Length is >= Least and <= Most && token.All(static character => character is > ' ' and <= '~') ? token
            : throw new InvalidValueException($"{path}: a token of {Least} to {Most} visible ASCII characters was expected, on one line");
    }
}
