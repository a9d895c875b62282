using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Transport;

/// <summary>getrlimit(2) and setrlimit(2).</summary>
internal static partial class ResourceLimits
{
    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    public static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    public static partial int SetLimit(int resource, in Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    internal struct Limit
    {
        public nuint Soft;
        public nuint Hard;
    }
}
