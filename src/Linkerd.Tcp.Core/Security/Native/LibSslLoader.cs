using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Security.Native;

/// <summary>Loads the libssl that the runtime uses, once for the process. Any thread.</summary>
/// <remarks>
/// The runtime (opensslshim.c) opens the name of <c>CLR_OPENSSL_VERSION_OVERRIDE</c> first, then <c>libssl.so.3</c>, then older ones, which are not supported here. The same names in the same order give
/// the same library: one configuration, one FIPS provider, one update.
/// </remarks>
internal static class LibSslLoader
{
    private const string Override = "CLR_OPENSSL_VERSION_OVERRIDE";
    private const uint FirstVersion = 0x3000_0000;

    private static readonly string[] Functions =
    [
        "ASN1_TIME_cmp_time_t", "BIO_get_data", "BIO_get_new_index", "BIO_meth_get_ctrl", "BIO_meth_new", "BIO_meth_set_ctrl", "BIO_meth_set_read_ex",
        "BIO_meth_set_write_ex", "BIO_new", "BIO_s_null", "BIO_set_data", "BIO_set_flags", "BIO_set_init", "CRYPTO_memdup", "ERR_clear_error", "ERR_error_string_n",
        "ERR_get_error", "ERR_peek_error", "ERR_reason_error_string", "EVP_CIPHER_fetch", "EVP_DecryptInit_ex", "EVP_EncryptInit_ex", "EVP_MAC_init", "EVP_PKEY_free",
        "EVP_PKEY_get_base_id", "OPENSSL_sk_free", "OPENSSL_sk_new_null", "OPENSSL_sk_num", "OPENSSL_sk_push", "OPENSSL_sk_value",
        "OSSL_PARAM_BLD_free", "OSSL_PARAM_BLD_new", "OSSL_PARAM_BLD_push_utf8_string", "OSSL_PARAM_BLD_to_param", "OpenSSL_version", "OpenSSL_version_num",
        "SSL_CIPHER_get_name", "SSL_CIPHER_get_protocol_id", "SSL_CIPHER_standard_name", "SSL_CTX_add_client_CA", "SSL_CTX_callback_ctrl", "SSL_CTX_ctrl",
        "SSL_CTX_free", "SSL_CTX_get_ciphers", "SSL_CTX_new", "SSL_CTX_sess_set_new_cb", "SSL_CTX_set1_cert_store",
        "SSL_CTX_set_alpn_select_cb", "SSL_CTX_set_cert_verify_callback", "SSL_CTX_set_cipher_list", "SSL_CTX_set_ciphersuites",
        "SSL_CTX_set_num_tickets", "SSL_CTX_set_options", "SSL_CTX_set_session_id_context", "SSL_CTX_set_session_ticket_cb", "SSL_CTX_set_timeout",
        "SSL_CTX_set_tlsext_ticket_key_evp_cb", "SSL_CTX_set_verify", "SSL_CTX_use_cert_and_key", "SSL_SESSION_free", "SSL_SESSION_get0_peer",
        "SSL_SESSION_get_protocol_version", "SSL_SESSION_is_resumable", "SSL_ctrl", "SSL_do_handshake", "SSL_free", "SSL_get0_alpn_selected",
        "SSL_get0_param", "SSL_get1_peer_certificate", "SSL_get1_session", "SSL_get_certificate", "SSL_get_current_cipher", "SSL_get_error", "SSL_has_pending", "SSL_new", "SSL_read_ex",
        "SSL_session_reused", "SSL_set_accept_state", "SSL_set_alpn_protos", "SSL_set_bio", "SSL_set_connect_state", "SSL_set_session", "SSL_set_shutdown", "SSL_shutdown",
        "SSL_version", "SSL_write_ex", "TLS_client_method", "TLS_server_method", "X509_CRL_free", "X509_STORE_CTX_get0_cert", "X509_STORE_CTX_get0_untrusted",
        "X509_STORE_CTX_get_current_cert", "X509_STORE_CTX_get_error", "X509_STORE_CTX_set_error", "X509_STORE_add_cert", "X509_STORE_add_crl", "X509_STORE_free",
        "X509_STORE_new", "X509_STORE_set_default_paths", "X509_STORE_set_flags", "X509_VERIFY_PARAM_set_time", "X509_free", "X509_get0_notAfter",
        "X509_get0_pubkey", "X509_verify_cert", "X509_verify_cert_error_string", "d2i_AutoPrivateKey", "d2i_X509", "d2i_X509_CRL", "i2d_X509",
    ];

    private static readonly Lazy<LibSslLoad> Load = new(static () => Bind(Find(Candidates(Environment.GetEnvironmentVariable(Override)), NativeLibrary.TryLoad)));

    /// <summary>The signature of <see cref="NativeLibrary.TryLoad(string, out nint)"/>.</summary>
    internal delegate bool Opener(string name, out nint handle);

    /// <summary>Gets the names of all functions that are used.</summary>
    internal static IReadOnlyList<string> FunctionNames => Functions;

    /// <summary>Gets the version in OpenSSL's words; null if the library does not load.</summary>
    public static unsafe string? Version => Load.Value.Handle == 0 ? null : Marshal.PtrToStringUTF8((nint)LibSsl.OpenSSL_version(0));

    /// <summary>Loads the library if it has not been loaded.</summary>
    /// <param name="problem">The reason for which it cannot be used; null if it can.</param>
    public static bool TryLoad(out string? problem)
    {
        problem = Load.Value.Problem;
        return problem is null;
    }

    /// <summary>Returns the names to open, in the order of the runtime.</summary>
    internal static IEnumerable<string> Candidates(string? version) => string.IsNullOrEmpty(version) ? ["libssl.so.3"] : [$"libssl.so.{version}", "libssl.so.3"];

    /// <summary>Opens the first library that there is, and resolves every function.</summary>
    internal static LibSslLoad Find(IEnumerable<string> names, Opener open)
    {
        if (!OperatingSystem.IsLinux())
        {
            return new(0, "it is used on Linux only");
        }

        var tried = new List<string>();
        foreach (var name in names.Distinct())
        {
            if (!open(name, out var handle))
            {
                tried.Add(name);
                continue;
            }

            if (Functions.FirstOrDefault(function => !NativeLibrary.TryGetExport(handle, function, out _)) is { } missing)
            {
                return new(0, $"{name} has no function {missing}; version 3.0 or later was expected");
            }

            var number = VersionOf(handle);
            return number >= FirstVersion ? new(handle, null) : new(0, FormattableString.Invariant($"{name} is version 0x{number:x}; version 3.0 or later was expected"));
        }

        return new(0, $"none of these libraries could be opened: {string.Join(", ", tried)}");
    }

    private static LibSslLoad Bind(LibSslLoad load)
    {
        if (load.Handle != 0)
        {
            NativeLibrary.SetDllImportResolver(typeof(LibSslLoader).Assembly, (name, _, _) => name == LibSsl.Library ? load.Handle : 0);
        }

        return load;
    }

    private static unsafe nuint VersionOf(nint handle) => ((delegate* unmanaged<nuint>)NativeLibrary.GetExport(handle, nameof(LibSsl.OpenSSL_version_num)))();
}

/// <summary>Represents the outcome of loading.</summary>
/// <param name="Handle">The library; 0 if it cannot be used.</param>
/// <param name="Problem">The reason for which it cannot be used; null if it can.</param>
internal sealed record LibSslLoad(nint Handle, string? Problem);
