namespace Linkerd.Tcp.Hosting.Values;

/// <summary>Directories of the command line; <c>off</c> is none.</summary>
internal static class DirectoryText
{
    /// <summary>Parses a directory that exists.</summary>
    /// <returns>Its full path.</returns>
    /// <exception cref="InvalidValueException">It does not exist, or is not a directory.</exception>
    public static string? ParseExisting(string text) =>
        text == "off" ? null
            : Directory.Exists(text) ? Path.GetFullPath(text)
            : throw new InvalidValueException(File.Exists(text) ? "it is a file; expected a directory" : "there is no such directory");

    /// <summary>Parses a directory that can be written to; it is created if it does not exist.</summary>
    /// <returns>Its full path.</returns>
    /// <exception cref="InvalidValueException">It cannot be created or written to.</exception>
    public static string? ParseWritable(string text)
    {
        if (text == "off")
        {
            return null;
        }

        try
        {
            var path = Directory.CreateDirectory(text).FullName;

            // A check of permissions would not find a file system that is read-only.
            var probe = Path.Combine(path, $".probe-{Environment.ProcessId}");
            File.WriteAllText(probe, string.Empty);
            File.Delete(probe);
            return path;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InvalidValueException($"it cannot be written to ({error.Message})");
        }
    }
}
