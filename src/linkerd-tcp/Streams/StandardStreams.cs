using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Linkerd.Tcp.Cli.Streams;

/// <summary>
/// The standard input, output and error of the process. On Unix <c>System.Console</c> is not used: its streams, readers and writers change the settings of the
/// terminal and write escape sequences to it at their first use, which also stops a process in the background under <c>stty tostop</c>.
/// </summary>
internal static class StandardStreams
{
    private static readonly UTF8Encoding Encoding = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>The standard output. If its reader is gone, writes have no effect: it has read enough; any other failure to write is an <see cref="OutputException"/>.</summary>
    public static TextWriter Output { get; } = new StandardWriter(new StreamWriter(OpenOutput(), Encoding), throws: true);

    /// <summary>The standard error. Text that cannot be written is dropped: there is no other place to report it.</summary>
    public static TextWriter Error { get; } = OpenError();

    /// <summary>Opens a writer of the standard error for one thread. Text that cannot be written is dropped.</summary>
    public static TextWriter OpenError() => new StandardWriter(new StreamWriter(OpenErrorStream(), Encoding), throws: false);

    /// <summary>Opens the standard input, to be read once.</summary>
    /// <exception cref="IOException">It was closed at start, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a directory.</exception>
    public static TextReader OpenInput() => new StreamReader(OpenInputStream(), Encoding);

    /// <summary>Opens the standard output for one writer.</summary>
    public static Stream OpenOutputStream() => OpenOutput();

#pragma warning disable RS0030 // Windows has no descriptors.
    /// <summary>Opens the standard input as bytes, to be read once.</summary>
    /// <exception cref="IOException">It was closed at start, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a directory.</exception>
    public static Stream OpenInputStream()
    {
        MissingDescriptors.ThrowIfMissing(0);
        return OperatingSystem.IsWindows() ? Console.OpenStandardInput() : new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);
    }

    private static Stream OpenOutput() => OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : new DescriptorStream(1);

    private static Stream OpenErrorStream() => OperatingSystem.IsWindows() ? Console.OpenStandardError() : new DescriptorStream(2);
#pragma warning restore RS0030
}
