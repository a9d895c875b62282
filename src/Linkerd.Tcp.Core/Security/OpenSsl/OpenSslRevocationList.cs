using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Native;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Reads an X509_CRL.</summary>
internal static unsafe class OpenSslRevocationList
{
    /// <summary>Reads a list.</summary>
    /// <returns>The X509_CRL, which the caller frees.</returns>
    /// <exception cref="OpenSslException">OpenSSL cannot read it.</exception>
    public static nint Read(RevocationList list)
    {
        fixed (byte* start = list.Content)
        {
            var data = start;
            return LibSsl.d2i_X509_CRL(0, &data, list.Content.Length) is var read and not 0 ? read : throw OpenSslException.Take($"{list.File}: a revocation list is refused by OpenSSL");
        }
    }

    /// <summary>Returns the reason for which OpenSSL refuses a list; null if it does not.</summary>
    public static string? FindProblem(RevocationList list)
    {
        try
        {
            Free(Read(list));
            return null;
        }
        catch (OpenSslException e)
        {
            return e.Message;
        }
    }

    /// <summary>Frees a list.</summary>
    public static void Free(nint list) => LibSsl.X509_CRL_free(list);
}
