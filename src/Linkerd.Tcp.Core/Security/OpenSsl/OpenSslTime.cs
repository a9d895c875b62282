using Linkerd.Tcp.Security.Native;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Sets the time of verifications.</summary>
internal static class OpenSslTime
{
    /// <summary>Has a session verify certificates for a time, in place of the system's.</summary>
    public static void Set(nint ssl, DateTimeOffset time) => LibSsl.X509_VERIFY_PARAM_set_time(LibSsl.SSL_get0_param(ssl), (nint)time.ToUnixTimeSeconds());
}
