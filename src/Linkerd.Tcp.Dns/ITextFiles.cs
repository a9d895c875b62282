namespace Linkerd.Tcp.Dns;

/// <summary>Reads the small text files of the system; a test can provide them instead. Any thread.</summary>
internal interface ITextFiles
{
    /// <summary>Reads a file unless it is unchanged.</summary>
    /// <param name="path">The file; symbolic links are followed.</param>
    /// <param name="version">The version that was read last, and then the one that is there; null: none can be read.</param>
    /// <param name="problem">Why the file, which is there, cannot be read, or not to its end; null otherwise.</param>
    /// <returns>The text, no more than 16 MiB of it; null if the version is the same. Empty if there is no file that can be read.</returns>
    string? ReadIfChanged(string path, ref TextVersion? version, out string? problem);
}
