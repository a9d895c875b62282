using System.Runtime.InteropServices;

namespace Linkerd.Tcp.LoadTest.Native;

/// <summary>struct timespec on 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpecification
{
    public long Seconds;
    public long Nanoseconds;
}
