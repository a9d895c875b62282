using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Linkerd.Tcp.Security.Native;

namespace Linkerd.Tcp.Fuzz.OpenSsl;

/// <summary>Counts the objects of OpenSSL by the callbacks of their extra data: those of the process, and the SSLs that this thread has made and freed.</summary>
internal static unsafe partial class OpenSslCounts
{
    private const int Ssl = 0;
    private const int Context = 1;
    private const int Session = 2;
    private static readonly long[] Live = new long[3];
    private static readonly bool IsCounting = Begin();

    [ThreadStatic]
    private static long OfThread;

    /// <summary>Gets the number of SSLs that this thread has made, less those that it has freed.</summary>
    public static long SslsOfThread => OfThread;

    public static long Ssls => Volatile.Read(ref Live[Ssl]);

    public static long Contexts => Volatile.Read(ref Live[Context]);

    public static long Sessions => Volatile.Read(ref Live[Session]);

    /// <summary>Begins to count.</summary>
    /// <exception cref="InvalidOperationException">OpenSSL has no memory.</exception>
    public static void Start()
    {
        if (!IsCounting)
        {
            throw new InvalidOperationException("OpenSSL has no index of extra data.");
        }
    }

    private static bool Begin() => LibSslLoader.TryLoad(out _) && Register(Ssl) >= 0 && Register(Context) >= 0 && Register(Session) >= 0;

    private static int Register(int kind) => CRYPTO_get_ex_new_index(kind, kind, null, &OnNew, null, &OnFree);

    // Not before its class is initialized: an object that is made meanwhile is not counted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnNew(void* parent, void* pointer, void* data, int index, nint kind, void* argument)
    {
        Count(kind, 1);
        return 1;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnFree(void* parent, void* pointer, void* data, int index, nint kind, void* argument) => Count(kind, -1);

    private static void Count(nint kind, int change)
    {
        Interlocked.Add(ref Live[kind], change);
        if (kind == Ssl)
        {
            OfThread += change;
        }
    }

    [LibraryImport("libssl.so.3")]
    private static partial int CRYPTO_get_ex_new_index(
        int kind, nint argument, void* pointer,
        delegate* unmanaged[Cdecl]<void*, void*, void*, int, nint, void*, int> onNew, void* onDuplicate, delegate* unmanaged[Cdecl]<void*, void*, void*, int, nint, void*, void> onFree);
}
