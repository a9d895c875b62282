namespace Linkerd.Tcp.Cli.Streams;

/// <summary>The target of a log: a file that is appended to, or the standard output. For one thread.</summary>
internal abstract class LogTarget : IDisposable
{
    /// <summary>Gets a value that indicates whether the file has been deleted, by itself or with its directory: what is written to it is lost. A file that was renamed is not.</summary>
    public virtual bool IsDeleted => false;

    /// <summary>Opens a file to append to it; it is created if it does not exist.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be opened.</exception>
    public static LogTarget OpenFile(string path) => OperatingSystem.IsWindows()
        ? new StreamTarget(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0))
        : DescriptorTarget.OpenFile(path);

    /// <summary>Opens the standard output.</summary>
    /// <exception cref="IOException">It was closed at start.</exception>
    public static LogTarget OpenOutput() => OperatingSystem.IsWindows() ? new StreamTarget(StandardStreams.OpenOutputStream()) : DescriptorTarget.OpenOutput();

    /// <summary>Writes the beginning of the bytes, or all of them.</summary>
    /// <returns>The number that was written; 0 if it takes none at the moment.</returns>
    /// <exception cref="IOException">None can be written; the message is the system's.</exception>
    public abstract int Write(ReadOnlySpan<byte> bytes);

    /// <inheritdoc/>
    public abstract void Dispose();

    private sealed class StreamTarget(Stream stream) : LogTarget
    {
        /// <inheritdoc/>
        public override int Write(ReadOnlySpan<byte> bytes)
        {
            stream.Write(bytes);
            return bytes.Length;
        }

        /// <inheritdoc/>
        public override void Dispose() => stream.Dispose();
    }
}
