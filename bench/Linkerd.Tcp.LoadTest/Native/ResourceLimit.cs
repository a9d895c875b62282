using System.Runtime.InteropServices;

namespace Linkerd.Tcp.LoadTest.Native;

/// <summary>struct rlimit on 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ResourceLimit
{
    public ulong Soft;
    public ulong Hard;

    /// <summary>Raises the number of descriptors to all that is allowed: a held connection takes two here.</summary>
    public static void RaiseDescriptors()
    {
        ResourceLimit limit;
        if (Libc.GetResourceLimit(Constants.DescriptorLimit, &limit) == 0 && limit.Soft < limit.Hard)
        {
            limit.Soft = limit.Hard;
            _ = Libc.SetResourceLimit(Constants.DescriptorLimit, &limit);
        }
    }
}
