using System.Runtime.InteropServices;
using Linkerd.Tcp.Security.Native;

namespace Linkerd.Tcp.Fuzz.Native;

/// <summary>The functions that the C program calls. A managed exception ends the process, with its stack.</summary>
internal static unsafe class Exports
{
    /// <summary>Loads libssl, which is the one that the C program is linked with.</summary>
    /// <returns>1; 0 if it cannot be used, and the reason is on standard error.</returns>
    [UnmanagedCallersOnly(EntryPoint = "ours_load")]
    public static int Load()
    {
        if (LibSslLoader.TryLoad(out var problem))
        {
            return 1;
        }

        Console.Error.WriteLine(problem);
        return 0;
    }

    /// <summary>Makes one of the ends of connections that there are: 0 a client, 1 a server, 2 a server that verifies clients.</summary>
    [UnmanagedCallersOnly(EntryPoint = "ours_make")]
    public static nint Make(int kind) => GCHandle.ToIntPtr(GCHandle.Alloc(kind == 0 ? new NativeTls.Servers() : (NativeTls)new NativeTls.Listener(asksClients: kind == 2)));

    [UnmanagedCallersOnly(EntryPoint = "ours_free")]
    public static void Free(nint end)
    {
        var handle = GCHandle.FromIntPtr(end);
        ((NativeTls)handle.Target!).Dispose();
        handle.Free();
    }

    [UnmanagedCallersOnly(EntryPoint = "ours_open")]
    public static nint Open(nint end, void* state, delegate* unmanaged<void*, byte*, int, int*, int> receive, delegate* unmanaged<void*, byte*, int, int*, int> send) =>
        GCHandle.ToIntPtr(GCHandle.Alloc(new NativeSession(((NativeTls)GCHandle.FromIntPtr(end).Target!).CreateSide(), new NativeSocket(state, receive, send))));

    /// <summary>Goes on with the handshake: 1 if it is complete, 0 if it waits, -1 if it has failed.</summary>
    [UnmanagedCallersOnly(EntryPoint = "ours_handshake")]
    public static int ProcessHandshake(nint session) => Of(session).ProcessHandshake();

    /// <summary>Receives plaintext: 1 if there is a result, bytes or the end; else 0.</summary>
    [UnmanagedCallersOnly(EntryPoint = "ours_read")]
    public static int Read(nint session, byte* buffer, int length, int* count, int* end)
    {
        var hasResult = Of(session).TryRead(buffer, length, out *count, out var status);
        *end = (int)status;
        return hasResult ? 1 : 0;
    }

    /// <summary>Sends plaintext, and returns the status.</summary>
    [UnmanagedCallersOnly(EntryPoint = "ours_send")]
    public static int Send(nint session, byte* data, int length, int* sent) => (int)Of(session).Send(data, length, out *sent);

    [UnmanagedCallersOnly(EntryPoint = "ours_has_input")]
    public static int HasInput(nint session) => Of(session).HasInput ? 1 : 0;

    [UnmanagedCallersOnly(EntryPoint = "ours_has_output")]
    public static int HasOutput(nint session) => Of(session).HasOutput ? 1 : 0;

    /// <summary>Says that the socket is writable.</summary>
    [UnmanagedCallersOnly(EntryPoint = "ours_flush")]
    public static void Flush(nint session) => Of(session).Flush();

    [UnmanagedCallersOnly(EntryPoint = "ours_end_send")]
    public static void EndSend(nint session) => Of(session).EndSend();

    [UnmanagedCallersOnly(EntryPoint = "ours_close")]
    public static void Close(nint session)
    {
        Of(session).Dispose();
        GCHandle.FromIntPtr(session).Free();
    }

    /// <summary>Moves all objects that are not pinned, so that a pointer to one that should be does not go unnoticed.</summary>
    [UnmanagedCallersOnly(EntryPoint = "ours_collect")]
    public static void Collect()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
    }

    private static NativeSession Of(nint session) => (NativeSession)GCHandle.FromIntPtr(session).Target!;
}
