using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Linkerd.Tcp.Security.Native;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>
/// The memory that the TLS sessions of one event loop share, and the BIO through which OpenSSL reads and writes it. A session uses it for the time of one call, so an idle session has none. On the loop.
/// </summary>
/// <remarks>All of it has a fixed address: a BIO refers to the window by a pointer, and neither pins nor finds an object.</remarks>
internal sealed unsafe class OpenSslMemory
{
    /// <summary>The most bytes that are received at once.</summary>
    public const int InputSize = 64 * 1024;

    /// <summary>The most bytes that are encrypted before they are sent.</summary>
    public const int OutputSize = 96 * 1024;

    private const int SourceSink = 0x0400;

    // BIO_FLAGS_READ, WRITE and SHOULD_RETRY, for good: libssl looks at them only after a read or a write that moved nothing, and knows which of both it was.
    private const int Retry = 1 | 2 | 8;

    private static readonly ConditionalWeakTable<TransportExecutor, OpenSslMemory> All = [];
    private static readonly Lazy<nint> Method = new(CreateMethod);

    private readonly byte[] _input = GC.AllocateUninitializedArray<byte>(InputSize, pinned: true);
    private readonly byte[] _output = GC.AllocateUninitializedArray<byte>(OutputSize, pinned: true);
    private readonly BioWindow[] _window = GC.AllocateArray<BioWindow>(1, pinned: true);

    public OpenSslMemory()
    {
        Window = (BioWindow*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_window));
        Input = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_input));
        Window->Output = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_output));
        Window->OutputCapacity = OutputSize;
    }

    /// <summary>Gets the window of the BIOs.</summary>
    public BioWindow* Window { get; }

    /// <summary>Gets the buffer for bytes of the peer.</summary>
    public byte* Input { get; }

    /// <summary>Gets what OpenSSL has written since the output was last cleared.</summary>
    public ReadOnlyMemory<byte> Output => _output.AsMemory(0, (int)Window->OutputLength);

    /// <summary>Gets the memory of an executor.</summary>
    public static OpenSslMemory Of(TransportExecutor executor) => All.GetValue(executor, static _ => new OpenSslMemory());

    /// <summary>Creates a BIO over the window.</summary>
    /// <exception cref="InsufficientMemoryException">OpenSSL has no memory.</exception>
    public nint CreateBio()
    {
        var bio = LibSsl.BIO_new(Method.Value);
        if (bio == 0)
        {
            LibSsl.ERR_clear_error();
            throw new InsufficientMemoryException("OpenSSL has no memory for a BIO.");
        }

        LibSsl.BIO_set_data(bio, (nint)Window);
        LibSsl.BIO_set_init(bio, 1);
        LibSsl.BIO_set_flags(bio, Retry);
        return bio;
    }

    // Of all controls, libssl depends on the flush alone. It calls some 90 for a handshake, so they are those of the null BIO, which does nothing and succeeds, rather than managed code.
    private static nint CreateMethod()
    {
        var method = LibSsl.BIO_meth_new(LibSsl.BIO_get_new_index() | SourceSink, "memory of an event loop");
        if (method == 0 || LibSsl.BIO_meth_set_read_ex(method, &Read) != 1 || LibSsl.BIO_meth_set_write_ex(method, &Write) != 1 || LibSsl.BIO_meth_set_ctrl(method, LibSsl.BIO_meth_get_ctrl(LibSsl.BIO_s_null())) != 1)
        {
            LibSsl.ERR_clear_error();
            throw new InsufficientMemoryException("OpenSSL has no memory for the methods of a BIO.");
        }

        return method;
    }

    [UnmanagedCallersOnly]
    private static int Read(nint bio, byte* buffer, nuint length, nuint* read)
    {
        var window = (BioWindow*)LibSsl.BIO_get_data(bio);
        var count = Math.Min(length, (nuint)window->InputLength);
        *read = count;
        if (count == 0)
        {
            return 0;
        }

        Buffer.MemoryCopy((byte*)window->Input, buffer, length, count);
        window->Input += (nint)count;
        window->InputLength -= (nint)count;
        return 1;
    }

    [UnmanagedCallersOnly]
    private static int Write(nint bio, byte* data, nuint length, nuint* written)
    {
        var window = (BioWindow*)LibSsl.BIO_get_data(bio);
        var room = (nuint)(window->OutputCapacity - window->OutputLength);
        var count = Math.Min(length, room);
        *written = count;
        if (count == 0)
        {
            return 0;
        }

        Buffer.MemoryCopy(data, window->Output + window->OutputLength, room, count);
        window->OutputLength += (nint)count;
        return 1;
    }
}

/// <summary>The bytes that one operation of one session reads and writes.</summary>
internal unsafe struct BioWindow
{
    /// <summary>The next byte of the peer.</summary>
    public nint Input;

    /// <summary>The number of bytes of the peer that OpenSSL has not taken.</summary>
    public nint InputLength;

    /// <summary>The buffer for the peer.</summary>
    public byte* Output;

    /// <summary>The number of bytes for the peer.</summary>
    public nint OutputLength;

    /// <summary>The size of the buffer for the peer.</summary>
    public nint OutputCapacity;

    /// <summary>Begins an operation: OpenSSL reads these bytes, and the output is empty.</summary>
    public void Begin(byte* input, int length) => (Input, InputLength, OutputLength) = ((nint)input, length, 0);
}
