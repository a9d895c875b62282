using System.Security.Cryptography;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Converts certificates of OpenSSL.</summary>
internal static unsafe class OpenSslCertificates
{
    /// <summary>Returns an X509 in DER.</summary>
    /// <exception cref="CryptographicException">It cannot be encoded.</exception>
    public static byte[] Export(nint certificate)
    {
        var length = LibSsl.i2d_X509(certificate, null);
        if (length <= 0)
        {
            throw new CryptographicException(OpenSslErrors.Take());
        }

        var der = new byte[length];
        fixed (byte* start = der)
        {
            var at = start;
            _ = LibSsl.i2d_X509(certificate, &at);
        }

        return der;
    }
}
