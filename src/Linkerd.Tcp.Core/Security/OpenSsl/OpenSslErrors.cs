using System.Runtime.InteropServices;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Native;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>The error queue of OpenSSL, which each thread has one of.</summary>
internal static unsafe class OpenSslErrors
{
    private const int MaxLength = 256;

    [ThreadStatic]
    private static string? OfCallback;

    /// <summary>Keeps the cause of a callback's failure on this thread for the next <see cref="Take"/>, as OpenSSL only tells that it has failed.</summary>
    /// <param name="subject">What has failed.</param>
    /// <param name="cause">The cause.</param>
    public static void Keep(string subject, Exception cause) => OfCallback = $"{subject}: {cause.GetType().Name}: {CertificateNames.OneLine(cause.Message)}";

    /// <summary>Returns the first error in words, such as <c>error:0A0000C1:SSL routines::no shared cipher</c>, or the cause that a callback has failed with, and empties the queue.</summary>
    public static string Take()
    {
        var error = LibSsl.ERR_get_error();
        LibSsl.ERR_clear_error();
        if (OfCallback is { } cause)
        {
            OfCallback = null;
            return cause;
        }

        if (error == 0)
        {
            return "OpenSSL gives no reason";
        }

        var text = stackalloc byte[MaxLength];
        LibSsl.ERR_error_string_n(error, text, MaxLength);
        return Marshal.PtrToStringUTF8((nint)text)!;
    }

    /// <summary>Returns the reason of the first error alone, such as <c>no cipher match</c>, and empties the queue. Further errors are its consequences.</summary>
    public static string TakeReason()
    {
        if (LibSsl.ERR_reason_error_string(LibSsl.ERR_peek_error()) is var reason && reason is null)
        {
            return Take();
        }

        LibSsl.ERR_clear_error();
        return Marshal.PtrToStringUTF8((nint)reason)!;
    }
}

/// <summary>The exception that is thrown if OpenSSL refuses what a context is made of. The error queue is empty.</summary>
internal sealed class OpenSslException(string message) : Exception(message)
{
    /// <summary>Creates an exception with the first error of this thread, and empties the queue.</summary>
    /// <param name="subject">The file and what was refused of it.</param>
    public static OpenSslException Take(string subject) => new($"{subject}: {OpenSslErrors.TakeReason()}");
}
