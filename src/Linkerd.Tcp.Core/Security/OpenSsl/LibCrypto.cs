using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>The functions of OpenSSL for contexts, certificates and tickets, beside <see cref="LibSsl"/>, from the same library.</summary>
internal static unsafe partial class LibCrypto
{
    [LibraryImport(LibSsl.Library)]
    public static partial nint SSL_CTX_get_ciphers(nint context);

    [LibraryImport(LibSsl.Library)]
    [SuppressGCTransition]
    public static partial byte* SSL_CIPHER_get_name(nint cipher);

    [LibraryImport(LibSsl.Library)]
    [SuppressGCTransition]
    public static partial byte* SSL_CIPHER_standard_name(nint cipher);

    [LibraryImport(LibSsl.Library)]
    public static partial void SSL_CTX_set1_cert_store(nint context, nint store);

    [LibraryImport(LibSsl.Library)]
    public static partial int SSL_CTX_set_session_ticket_cb(
        nint context, delegate* unmanaged<nint, nint, int> generate, delegate* unmanaged<nint, nint, byte*, nuint, int, nint, int> decrypt, nint argument);

    [LibraryImport(LibSsl.Library)]
    [SuppressGCTransition]
    public static partial nint SSL_get_certificate(nint ssl);

    [LibraryImport(LibSsl.Library)]
    [SuppressGCTransition]
    public static partial void SSL_set_shutdown(nint ssl, int mode);

    [LibraryImport(LibSsl.Library)]
    public static partial nint SSL_get1_session(nint ssl);

    [LibraryImport(LibSsl.Library)]
    [SuppressGCTransition]
    public static partial int SSL_SESSION_get_protocol_version(nint session);

    [LibraryImport(LibSsl.Library)]
    [SuppressGCTransition]
    public static partial int SSL_SESSION_is_resumable(nint session);

    [LibraryImport(LibSsl.Library)]
    [SuppressGCTransition]
    public static partial nint SSL_SESSION_get0_peer(nint session);

    [LibraryImport(LibSsl.Library)]
    public static partial nint X509_STORE_new();

    [LibraryImport(LibSsl.Library)]
    public static partial void X509_STORE_free(nint store);

    [LibraryImport(LibSsl.Library)]
    public static partial int X509_STORE_set_default_paths(nint store);

    [LibraryImport(LibSsl.Library)]
    [SuppressGCTransition]
    public static partial nint X509_STORE_CTX_get_current_cert(nint verification);

    [LibraryImport(LibSsl.Library)]
    [SuppressGCTransition]
    public static partial nint X509_get0_notAfter(nint certificate);

    [LibraryImport(LibSsl.Library)]
    public static partial int ASN1_TIME_cmp_time_t(nint time, nint seconds);

    [LibraryImport(LibSsl.Library)]
    public static partial nint X509_get0_pubkey(nint certificate);

    [LibraryImport(LibSsl.Library)]
    [SuppressGCTransition]
    public static partial int EVP_PKEY_get_base_id(nint key);
}
