using System.Globalization;
using Linkerd.Tcp.Security.Native;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Represents an SSL_CTX. Immutable once it is made; any thread. Sessions keep theirs, so a rotation of certificates is a new context.</summary>
internal sealed unsafe class OpenSslContext : IDisposable
{
    private const int ControlMode = 33;
    private const int ControlSessionCacheMode = 44;
    private const int ControlMinimumVersion = 123;

    // Partial writes, as a record is counted as sent once the kernel has it; no chain by the trusted roots, as the files say what is presented.
    private const nint Mode = EnablePartialWrite | AcceptMovingWriteBuffer | AutoRetry | NoAutoChain | ReleaseBuffers;
    private const nint EnablePartialWrite = 1;
    private const nint AcceptMovingWriteBuffer = 2;
    private const nint AutoRetry = 4;
    private const nint NoAutoChain = 8;
    private const nint ReleaseBuffers = 0x10;

    private const ulong NoCompression = 1UL << 17;
    private const ulong CipherServerPreference = 1UL << 22;
    private const ulong NoRenegotiation = 1UL << 30;

    // SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL: sessions go to the callback alone.
    private const nint ClientCacheWithoutStore = 0x301;

    private nint _handle;

    private OpenSslContext(nint handle) => _handle = handle;

    ~OpenSslContext() => Free();

    /// <summary>Gets the SSL_CTX.</summary>
    public nint Handle => _handle;

    /// <summary>Creates a context without certificates.</summary>
    /// <exception cref="OpenSslException">OpenSSL's configuration does not permit it, or there is no memory.</exception>
    public static OpenSslContext Create(bool isServer, TlsVersion minimumVersion)
    {
        var handle = LibSsl.SSL_CTX_new(isServer ? LibSsl.TLS_server_method() : LibSsl.TLS_client_method());
        if (handle == 0)
        {
            throw OpenSslException.Take("SSL_CTX_new");
        }

        var context = new OpenSslContext(handle);
        context.Control(ControlMode, Mode);
        LibSsl.SSL_CTX_set_options(handle, NoCompression | NoRenegotiation | (isServer ? CipherServerPreference : 0));

        // A server has tickets alone: a cache would be memory and a lock.
        context.Control(ControlSessionCacheMode, isServer ? 0 : ClientCacheWithoutStore);
        var version = minimumVersion == TlsVersion.Tls13 ? LibSsl.Tls13 : LibSsl.Tls12;
        if (context.Control(ControlMinimumVersion, version) != 1)
        {
            context.Dispose();
            throw OpenSslException.Take(string.Create(CultureInfo.InvariantCulture, $"the minimum version 0x{version:x}"));
        }

        return context;
    }

    /// <summary>Calls SSL_CTX_ctrl.</summary>
    public nint Control(int command, nint value, void* pointer = null) => LibSsl.SSL_CTX_ctrl(_handle, command, value, pointer);

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (Interlocked.Exchange(ref _handle, 0) is var handle and not 0)
        {
            LibSsl.SSL_CTX_free(handle);
        }
    }
}
