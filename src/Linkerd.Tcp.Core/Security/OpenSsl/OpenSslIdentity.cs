using System.Security.Cryptography;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Native;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Gives identities to contexts.</summary>
internal static unsafe class OpenSslIdentity
{
    /// <summary>Adds an identity to a context, which may have one of each type of key.</summary>
    /// <exception cref="OpenSslException">OpenSSL refuses it; the message names the file.</exception>
    public static void Use(OpenSslContext context, TlsIdentity identity)
    {
        var key = ReadKey(identity);
        var own = (nint)0;
        var chain = LibSsl.OPENSSL_sk_new_null();
        try
        {
            own = OpenSslCertificates.Read(identity.Chain[0], identity.File);
            foreach (var issuer in identity.Chain.AsSpan()[1..])
            {
                var certificate = OpenSslCertificates.Read(issuer, identity.File);
                if (LibSsl.OPENSSL_sk_push(chain, certificate) == 0)
                {
                    LibSsl.X509_free(certificate);
                    throw OpenSslException.Take($"{identity.File}: its chain");
                }
            }

            // It takes references of its own, and compares the key with the certificate.
            if (LibSsl.SSL_CTX_use_cert_and_key(context.Handle, own, key, chain, replace: 0) != 1)
            {
                throw OpenSslException.Take($"{identity.File}: the {(identity.IsEcdsa ? "ECDSA" : "RSA")} certificate {identity.Subject} with its key is refused by OpenSSL");
            }
        }
        finally
        {
            for (var i = 0; i < LibSsl.OPENSSL_sk_num(chain); i++)
            {
                LibSsl.X509_free(LibSsl.OPENSSL_sk_value(chain, i));
            }

            LibSsl.OPENSSL_sk_free(chain);
            LibSsl.X509_free(own);
            LibSsl.EVP_PKEY_free(key);
        }
    }

    /// <summary>Returns the reason for which OpenSSL refuses an identity; null if it does not.</summary>
    public static string? FindProblem(TlsIdentity identity)
    {
        try
        {
            using var context = OpenSslContext.Create(isServer: true, TlsVersion.Tls12);
            Use(context, identity);
            return null;
        }
        catch (OpenSslException e)
        {
            return e.Message;
        }
    }

    private static nint ReadKey(TlsIdentity identity)
    {
        var exported = identity.ExportKey();
        try
        {
            fixed (byte* start = exported)
            {
                var data = start;
                return LibSsl.d2i_AutoPrivateKey(0, &data, exported.Length) is var key and not 0 ? key : throw OpenSslException.Take($"{identity.File}: its private key is refused by OpenSSL");
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(exported);
        }
    }
}
