using System.Buffers;
using Linkerd.Tcp.Security.Native;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Converts certificates of OpenSSL.</summary>
internal static unsafe class OpenSslCertificates
{
    /// <summary>Reads a certificate.</summary>
    /// <param name="content">The certificate in DER.</param>
    /// <param name="file">The file that it is from, for the error.</param>
    /// <returns>The X509, which the caller frees.</returns>
    /// <exception cref="OpenSslException">OpenSSL cannot read it.</exception>
    public static nint Read(ReadOnlySpan<byte> content, string file)
    {
        fixed (byte* start = content)
        {
            var data = start;
            return LibSsl.d2i_X509(0, &data, content.Length) is var certificate and not 0 ? certificate : throw OpenSslException.Take($"{file}: a certificate is refused by OpenSSL");
        }
    }

    /// <summary>Returns an X509 in DER.</summary>
    /// <exception cref="OpenSslException">It cannot be encoded.</exception>
    public static byte[] Export(nint certificate)
    {
        var content = new byte[LengthOf(certificate)];
        Write(certificate, content);
        return content;
    }

    /// <summary>Calls a function with an X509 in DER.</summary>
    public static TResult Use<TState, TResult>(nint certificate, TState state, Func<TState, ReadOnlySpan<byte>, TResult> function)
    {
        var content = ArrayPool<byte>.Shared.Rent(LengthOf(certificate));
        try
        {
            return function(state, content.AsSpan(0, Write(certificate, content)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(content);
        }
    }

    /// <summary>Returns whether a certificate has expired at a time, or has no time that can be read.</summary>
    public static bool HasExpired(nint certificate, DateTimeOffset now) => LibCrypto.ASN1_TIME_cmp_time_t(LibCrypto.X509_get0_notAfter(certificate), (nint)now.ToUnixTimeSeconds()) is not (0 or 1);

    private static int LengthOf(nint certificate) =>
        LibSsl.i2d_X509(certificate, null) is var length and > 0 ? length : throw OpenSslException.Take("a certificate cannot be written");

    private static int Write(nint certificate, Span<byte> content)
    {
        fixed (byte* start = content)
        {
            var data = start;
            return LibSsl.i2d_X509(certificate, &data);
        }
    }
}
