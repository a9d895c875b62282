using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Reads the queue of errors, which OpenSSL has for each thread. Every failure leaves it empty: the runtime reads the same queue.</summary>
internal static unsafe class OpenSslErrors
{
    /// <summary>Takes all errors of this thread.</summary>
    /// <returns>The reason of the first one, as the further ones are its consequences.</returns>
    public static string Take()
    {
        var error = LibSsl.ERR_get_error();
        LibSsl.ERR_clear_error();
        return Print(error);
    }

    /// <summary>Prints an error.</summary>
    public static string Print(nuint error)
    {
        if (error == 0)
        {
            return "OpenSSL gives no reason";
        }

        if (LibSsl.ERR_reason_error_string(error) is var reason && reason is not null)
        {
            return Marshal.PtrToStringUTF8((nint)reason)!;
        }

        var buffer = stackalloc byte[256];
        LibSsl.ERR_error_string_n(error, buffer, 256);
        return Marshal.PtrToStringUTF8((nint)buffer)!;
    }
}

/// <summary>The exception that is thrown if OpenSSL refuses what a context is made of. The queue of errors is empty.</summary>
internal sealed class OpenSslException(string message) : Exception(message)
{
    /// <summary>Creates an exception with the errors of this thread, which are taken.</summary>
    /// <param name="subject">The file and what was refused of it.</param>
    public static OpenSslException Take(string subject) => new($"{subject}: {OpenSslErrors.Take()}");
}
