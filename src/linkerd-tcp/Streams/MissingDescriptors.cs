using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Cli.Streams;

/// <summary>The descriptors 0, 1 and 2 of a process that was started without some of them.</summary>
internal static partial class MissingDescriptors
{
    private const int GetDescriptorFlags = 1;
    private const int CloseOnExecute = 1;
    private const int BadDescriptor = 9;

    private static readonly bool[] Missing = new bool[3];

    /// <summary>
    /// Finds out which of the three were closed at start, and opens something in place of each, so that no socket or file takes its number. To be called before
    /// anything is opened.
    /// </summary>
    /// <remarks>As <c>stdopen</c> of gnulib does.</remarks>
    public static void Reserve()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        for (var descriptor = 0; descriptor < Missing.Length; descriptor++)
        {
            // A descriptor with this flag did not come through execve(2): the runtime opened it for itself before this was called.
            var flags = Control(descriptor, GetDescriptorFlags);
            Missing[descriptor] = flags < 0 || (flags & CloseOnExecute) != 0;
            if (flags < 0)
            {
                // The kernel gives the lowest number that is free (open(2)).
                _ = Open("/dev/null", 0);
            }
        }
    }

    /// <summary>Fails if a descriptor was closed at start, as reading or writing it would have then.</summary>
    /// <exception cref="IOException">It was closed; the message is the system's.</exception>
    public static void ThrowIfMissing(int descriptor)
    {
        if (Missing[descriptor])
        {
            throw new IOException(Marshal.GetPInvokeErrorMessage(BadDescriptor));
        }
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
