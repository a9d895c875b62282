using System.Runtime.InteropServices;

namespace Linkerd.Tcp.LoadTest.Native;

/// <summary>
/// The functions of OpenSSL 3 that a load with TLS needs, and the numbers of its headers. All handles are opaque. SslStream would make the load dearer than
/// the proxies, and does not say which session a client resumes.
/// </summary>
internal static unsafe partial class Libssl
{
    private const string Library = "libssl.so.3";
    private const string CryptoLibrary = "libcrypto.so.3";

    public const int Tls13 = 0x0304;
    public const int PemFile = 1;

    /// <summary>A FIN without close_notify is an end like any other: several proxies send none.</summary>
    public const ulong IgnoreUnexpectedEnd = 1UL << 7;

    // Commands of SSL_CTX_ctrl and SSL_ctrl.
    public const int SetMode = 33;
    public const int SetReadAhead = 41;
    public const int SetSessionCacheMode = 44;
    public const int SetServerName = 55;
    public const int SetGroups = 92;
    public const int SetMinimumVersion = 123;

    /// <summary>A write that could not be completed may be repeated from another address.</summary>
    public const int AcceptMovingBuffer = 2;

    // Results of SSL_get_error.
    public const int WantRead = 2;
    public const int WantWrite = 3;
    public const int SystemCallFailed = 5;
    public const int CloseNotifyReceived = 6;

    /// <summary>Fails if the library is not installed; a first call would end the program instead.</summary>
    public static void Require()
    {
        if (!NativeLibrary.TryLoad(Library, out _) || !NativeLibrary.TryLoad(CryptoLibrary, out _))
        {
            throw new IOException($"{Library} is not installed (Debian: libssl3)");
        }
    }

    [LibraryImport(Library, EntryPoint = "TLS_client_method")]
    public static partial nint ClientMethod();

    [LibraryImport(Library, EntryPoint = "TLS_server_method")]
    public static partial nint ServerMethod();

    [LibraryImport(Library, EntryPoint = "SSL_CTX_new")]
    public static partial nint NewContext(nint method);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_free")]
    public static partial void FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_ctrl", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint ControlContext(nint context, int command, nint number, string? text);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_options")]
    public static partial ulong SetContextOptions(nint context, ulong options);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_ciphersuites", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetCipherSuites(nint context, string suites);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_num_tickets")]
    public static partial int SetTicketCount(nint context, nuint count);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_default_read_buffer_len")]
    public static partial void SetReadBufferLength(nint context, nuint length);

    /// <summary>Replaces the verification of the peer's certificate.</summary>
    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_cert_verify_callback")]
    public static partial void SetVerification(nint context, delegate* unmanaged<nint, nint, int> verify, nint argument);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_use_certificate_chain_file", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int UseCertificateChainFile(nint context, string path);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_use_PrivateKey_file", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int UsePrivateKeyFile(nint context, string path, int type);

    [LibraryImport(Library, EntryPoint = "SSL_new")]
    public static partial nint New(nint context);

    [LibraryImport(Library, EntryPoint = "SSL_free")]
    public static partial void Free(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_set_fd")]
    public static partial int SetDescriptor(nint ssl, int descriptor);

    [LibraryImport(Library, EntryPoint = "SSL_set_connect_state")]
    public static partial void SetConnectState(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_set_accept_state")]
    public static partial void SetAcceptState(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_ctrl", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint Control(nint ssl, int command, nint number, string? text);

    [LibraryImport(Library, EntryPoint = "SSL_set_session")]
    public static partial int SetSession(nint ssl, nint session);

    /// <summary>The session with the newest ticket, with a reference of its own.</summary>
    [LibraryImport(Library, EntryPoint = "SSL_get1_session")]
    public static partial nint TakeSession(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_SESSION_free")]
    public static partial void FreeSession(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_SESSION_is_resumable")]
    public static partial int IsResumable(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_session_reused")]
    public static partial int IsResumed(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_read", SetLastError = true)]
    public static partial int Read(nint ssl, byte* buffer, int length);

    [LibraryImport(Library, EntryPoint = "SSL_write", SetLastError = true)]
    public static partial int Write(nint ssl, byte* buffer, int length);

    /// <summary>Sends close_notify; does not wait for that of the peer.</summary>
    [LibraryImport(Library, EntryPoint = "SSL_shutdown")]
    public static partial int Shutdown(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_get_error")]
    public static partial int GetError(nint ssl, int result);

    [LibraryImport(CryptoLibrary, EntryPoint = "ERR_clear_error")]
    public static partial void ClearErrors();

    /// <summary>The text of the oldest error of this thread, or null.</summary>
    public static string? TakeError() => GetError() is var code and not 0 ? Marshal.PtrToStringUTF8(ReasonOf(code)) : null;

    [LibraryImport(CryptoLibrary, EntryPoint = "ERR_get_error")]
    private static partial ulong GetError();

    [LibraryImport(CryptoLibrary, EntryPoint = "ERR_reason_error_string")]
    private static partial nint ReasonOf(ulong code);
}
