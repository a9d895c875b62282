using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Tests.Security;

/// <summary>The server name that OpenSSL reads in the first bytes of a client.</summary>
internal static unsafe partial class LibSslServer
{
    private const string Ssl = "libssl.so.3";
    private const string Crypto = "libcrypto.so.3";
    private const int SetServerNameCallback = 53;
    private const int AlertFatal = 2;
    private const int HostName = 0;

    [ThreadStatic]
    private static string? Name;

    [ThreadStatic]
    private static bool WasCalled;

    /// <summary>Whether the library is there.</summary>
    public static bool IsPresent => OperatingSystem.IsLinux() && NativeLibrary.TryLoad(Ssl, out _);

    /// <summary>Has a server read the bytes, up to its choice of a certificate.</summary>
    /// <returns>Whether the server got so far, and the name; null: none.</returns>
    public static (bool IsRead, string? Name) Read(byte[] bytes)
    {
        (WasCalled, Name) = (false, null);
        var context = SslContextNew(ServerMethod());
        ContextCallbackControl(context, SetServerNameCallback, &OnServerName);
        var connection = SslNew(context);
        fixed (byte* data = bytes)
        {
            SetBios(connection, MemoryBio(data, bytes.Length), NewBio(MemoryMethod()));
            SetAcceptState(connection);
            _ = DoHandshake(connection);
            SslFree(connection);
        }

        ContextFree(context);
        ClearErrors();
        return (WasCalled, Name);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnServerName(nint connection, int* alert, nint argument)
    {
        (WasCalled, Name) = (true, Marshal.PtrToStringUTF8(GetServerName(connection, HostName)));
        return AlertFatal;
    }

    [LibraryImport(Ssl, EntryPoint = "TLS_server_method")]
    private static partial nint ServerMethod();

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_new")]
    private static partial nint SslContextNew(nint method);

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_callback_ctrl")]
    private static partial nint ContextCallbackControl(nint context, int command, delegate* unmanaged[Cdecl]<nint, int*, nint, int> callback);

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_free")]
    private static partial void ContextFree(nint context);

    [LibraryImport(Ssl, EntryPoint = "SSL_new")]
    private static partial nint SslNew(nint context);

    [LibraryImport(Ssl, EntryPoint = "SSL_free")]
    private static partial void SslFree(nint connection);

    [LibraryImport(Ssl, EntryPoint = "SSL_set_bio")]
    private static partial void SetBios(nint connection, nint input, nint output);

    [LibraryImport(Ssl, EntryPoint = "SSL_set_accept_state")]
    private static partial void SetAcceptState(nint connection);

    [LibraryImport(Ssl, EntryPoint = "SSL_do_handshake")]
    private static partial int DoHandshake(nint connection);

    [LibraryImport(Ssl, EntryPoint = "SSL_get_servername")]
    private static partial nint GetServerName(nint connection, int type);

    [LibraryImport(Crypto, EntryPoint = "BIO_new_mem_buf")]
    private static partial nint MemoryBio(byte* data, int length);

    [LibraryImport(Crypto, EntryPoint = "BIO_new")]
    private static partial nint NewBio(nint method);

    [LibraryImport(Crypto, EntryPoint = "BIO_s_mem")]
    private static partial nint MemoryMethod();

    [LibraryImport(Crypto, EntryPoint = "ERR_clear_error")]
    private static partial void ClearErrors();
}
