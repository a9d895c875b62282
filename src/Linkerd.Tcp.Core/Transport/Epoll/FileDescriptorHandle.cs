using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>A descriptor that several threads use, or that outlives its purpose: it is closed when it is not in use any more.</summary>
internal sealed class FileDescriptorHandle : SafeHandle
{
    public FileDescriptorHandle(int descriptor)
        : base(-1, ownsHandle: true)
    {
        SetHandle(descriptor);
    }

    public override bool IsInvalid => handle < 0;

    /// <summary>The number; for callers that hold the handle open.</summary>
    public int Number => (int)handle;

    protected override bool ReleaseHandle() => LinuxCalls.Close((int)handle) == 0;
}
