using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Security.Native;

/// <summary>
/// The functions of OpenSSL that are used: all of version 3.0, with opaque handles, so that 3.0 to 4.0, glibc and musl, x64 and arm64 are the same. <see cref="LibSslLoader"/> resolves every one of them
/// before the first is called.
/// </summary>
/// <remarks>A function that may call back into managed code must not suppress the transition of the collector.</remarks>
internal static unsafe partial class LibSsl
{
    /// <summary>The name that the loader resolves; functions of libcrypto are found through libssl, which depends on it.</summary>
    public const string Library = "libssl";

    public const int ErrorWantRead = 2;
    public const int ErrorWantWrite = 3;
    public const int ErrorZeroReturn = 6;

    public const int Tls12 = 0x0303;
    public const int Tls13 = 0x0304;

    [LibraryImport(Library)]
    public static partial nint TLS_server_method();

    [LibraryImport(Library)]
    public static partial nint TLS_client_method();

    [LibraryImport(Library)]
    public static partial nint SSL_CTX_new(nint method);

    [LibraryImport(Library)]
    public static partial void SSL_CTX_free(nint context);

    [LibraryImport(Library)]
    public static partial nint SSL_CTX_ctrl(nint context, int command, nint value, void* pointer);

    [LibraryImport(Library)]
    public static partial nint SSL_CTX_callback_ctrl(nint context, int command, void* callback);

    [LibraryImport(Library)]
    public static partial ulong SSL_CTX_set_options(nint context, ulong options);

    [LibraryImport(Library)]
    public static partial int SSL_CTX_use_cert_and_key(nint context, nint certificate, nint key, nint chain, int replace);

    [LibraryImport(Library)]
    public static partial int SSL_CTX_set_session_id_context(nint context, byte* id, uint length);

    [LibraryImport(Library)]
    public static partial void SSL_CTX_set_alpn_select_cb(nint context, delegate* unmanaged<nint, byte**, byte*, byte*, uint, nint, int> callback, nint argument);

    [LibraryImport(Library)]
    public static partial void SSL_CTX_set_verify(nint context, int mode, void* callback);

    [LibraryImport(Library)]
    public static partial void SSL_CTX_set_cert_verify_callback(nint context, delegate* unmanaged<nint, nint, int> callback, nint argument);

    [LibraryImport(Library)]
    public static partial void SSL_CTX_sess_set_new_cb(nint context, delegate* unmanaged<nint, nint, int> callback);

    [LibraryImport(Library)]
    public static partial int SSL_CTX_set_num_tickets(nint context, nuint count);

    [LibraryImport(Library)]
    public static partial nint SSL_CTX_set_timeout(nint context, nint seconds);

    [LibraryImport(Library)]
    public static partial int SSL_CTX_set_tlsext_ticket_key_evp_cb(nint context, delegate* unmanaged<nint, byte*, byte*, nint, nint, int, int> callback);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SSL_CTX_set_cipher_list(nint context, string names);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SSL_CTX_set_ciphersuites(nint context, string names);

    [LibraryImport(Library)]
    public static partial int SSL_CTX_add_client_CA(nint context, nint certificate);

    [LibraryImport(Library)]
    public static partial nint SSL_new(nint context);

    [LibraryImport(Library)]
    public static partial void SSL_free(nint ssl);

    [LibraryImport(Library)]
    public static partial void SSL_set_bio(nint ssl, nint read, nint write);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void SSL_set_accept_state(nint ssl);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void SSL_set_connect_state(nint ssl);

    [LibraryImport(Library)]
    public static partial int SSL_do_handshake(nint ssl);

    [LibraryImport(Library)]
    public static partial int SSL_read_ex(nint ssl, byte* buffer, nuint length, nuint* read);

    [LibraryImport(Library)]
    public static partial int SSL_write_ex(nint ssl, byte* data, nuint length, nuint* written);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int SSL_get_error(nint ssl, int result);

    [LibraryImport(Library)]
    public static partial int SSL_shutdown(nint ssl);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int SSL_has_pending(nint ssl);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int SSL_session_reused(nint ssl);

    [LibraryImport(Library)]
    public static partial nint SSL_ctrl(nint ssl, int command, nint value, void* pointer);

    [LibraryImport(Library)]
    public static partial int SSL_set_alpn_protos(nint ssl, byte* protocols, uint length);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void SSL_get0_alpn_selected(nint ssl, byte** protocol, uint* length);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int SSL_version(nint ssl);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial nint SSL_get_current_cipher(nint ssl);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial ushort SSL_CIPHER_get_protocol_id(nint cipher);

    [LibraryImport(Library)]
    public static partial int SSL_set_session(nint ssl, nint session);

    [LibraryImport(Library)]
    public static partial void SSL_SESSION_free(nint session);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial nint SSL_get0_param(nint ssl);

    [LibraryImport(Library)]
    public static partial nint SSL_get1_peer_certificate(nint ssl);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void X509_VERIFY_PARAM_set_time(nint parameters, nint time);

    [LibraryImport(Library)]
    public static partial int X509_verify_cert(nint verification);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial nint X509_STORE_CTX_get0_cert(nint verification);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial nint X509_STORE_CTX_get0_untrusted(nint verification);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int X509_STORE_CTX_get_error(nint verification);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void X509_STORE_CTX_set_error(nint verification, int error);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial byte* X509_verify_cert_error_string(nint error);

    [LibraryImport(Library)]
    public static partial int X509_STORE_add_cert(nint store, nint certificate);

    [LibraryImport(Library)]
    public static partial int X509_STORE_add_crl(nint store, nint list);

    [LibraryImport(Library)]
    public static partial int X509_STORE_set_flags(nint store, nuint flags);

    [LibraryImport(Library)]
    public static partial nint d2i_X509(nint reuse, byte** data, nint length);

    [LibraryImport(Library)]
    public static partial int i2d_X509(nint certificate, byte** data);

    [LibraryImport(Library)]
    public static partial void X509_free(nint certificate);

    [LibraryImport(Library)]
    public static partial nint d2i_X509_CRL(nint reuse, byte** data, nint length);

    [LibraryImport(Library)]
    public static partial void X509_CRL_free(nint list);

    [LibraryImport(Library)]
    public static partial nint d2i_AutoPrivateKey(nint reuse, byte** data, nint length);

    [LibraryImport(Library)]
    public static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Library)]
    public static partial nint OPENSSL_sk_new_null();

    [LibraryImport(Library)]
    public static partial int OPENSSL_sk_push(nint stack, nint item);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int OPENSSL_sk_num(nint stack);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial nint OPENSSL_sk_value(nint stack, int index);

    [LibraryImport(Library)]
    public static partial void OPENSSL_sk_free(nint stack);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint EVP_CIPHER_fetch(nint libraryContext, string algorithm, string? properties);

    [LibraryImport(Library)]
    public static partial int EVP_EncryptInit_ex(nint context, nint cipher, nint engine, byte* key, byte* vector);

    [LibraryImport(Library)]
    public static partial int EVP_DecryptInit_ex(nint context, nint cipher, nint engine, byte* key, byte* vector);

    [LibraryImport(Library)]
    public static partial int EVP_MAC_init(nint context, byte* key, nuint length, nint parameters);

    [LibraryImport(Library)]
    public static partial nint OSSL_PARAM_BLD_new();

    // The texts must stay where they are: the key for the life of the parameters, the value until they are made.
    [LibraryImport(Library)]
    public static partial int OSSL_PARAM_BLD_push_utf8_string(nint builder, byte* key, byte* value, nuint length);

    [LibraryImport(Library)]
    public static partial nint OSSL_PARAM_BLD_to_param(nint builder);

    [LibraryImport(Library)]
    public static partial void OSSL_PARAM_BLD_free(nint builder);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint CRYPTO_memdup(byte* data, nuint length, string file, int line);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint BIO_meth_new(int type, string name);

    [LibraryImport(Library)]
    public static partial int BIO_get_new_index();

    [LibraryImport(Library)]
    public static partial int BIO_meth_set_read_ex(nint method, delegate* unmanaged<nint, byte*, nuint, nuint*, int> read);

    [LibraryImport(Library)]
    public static partial int BIO_meth_set_write_ex(nint method, delegate* unmanaged<nint, byte*, nuint, nuint*, int> write);

    [LibraryImport(Library)]
    public static partial int BIO_meth_set_ctrl(nint method, delegate* unmanaged<nint, int, nint, void*, nint> control);

    [LibraryImport(Library)]
    public static partial delegate* unmanaged<nint, int, nint, void*, nint> BIO_meth_get_ctrl(nint method);

    [LibraryImport(Library)]
    public static partial nint BIO_s_null();

    [LibraryImport(Library)]
    public static partial nint BIO_new(nint method);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void BIO_set_data(nint bio, nint data);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial nint BIO_get_data(nint bio);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void BIO_set_init(nint bio, int init);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void BIO_set_flags(nint bio, int flags);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void ERR_clear_error();

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial nuint ERR_peek_error();

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial nuint ERR_get_error();

    [LibraryImport(Library)]
    public static partial byte* ERR_reason_error_string(nuint error);

    [LibraryImport(Library)]
    public static partial void ERR_error_string_n(nuint error, byte* buffer, nuint length);

    [LibraryImport(Library)]
    public static partial nuint OpenSSL_version_num();

    [LibraryImport(Library)]
    public static partial byte* OpenSSL_version(int kind);
}
