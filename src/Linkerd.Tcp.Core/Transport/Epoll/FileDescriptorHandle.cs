using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>A descriptor that several threads use, or that outlives what it is used for: it is closed when nobody uses it any more.</summary>
internal sealed class FileDescriptorHandle : SafeHandle
{
    public FileDescriptorHandle(int descriptor)
        : base(-1, ownsHandle: true)
    {
        SetHandle(descriptor);
    }

    public override bool IsInvalid => handle < 0;

    /// <summary>The number; for those who know that the handle is open.</summary>
    public int Number => (int)handle;

    protected override bool ReleaseHandle() => LinuxCalls.Close((int)handle) == 0;
}
