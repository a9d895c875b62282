using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>The error queue of OpenSSL, which each thread has one of.</summary>
internal static unsafe class OpenSslErrors
{
    private const int MaxLength = 256;

    /// <summary>Returns the first error in words, such as <c>error:0A0000C1:SSL routines::no shared cipher</c>, and empties the queue.</summary>
    public static string Take()
    {
        var error = LibSsl.ERR_get_error();
        LibSsl.ERR_clear_error();
        if (error == 0)
        {
            return "OpenSSL gives no reason";
        }

        var text = stackalloc byte[MaxLength];
        LibSsl.ERR_error_string_n(error, text, MaxLength);
        return Marshal.PtrToStringUTF8((nint)text)!;
    }
}
