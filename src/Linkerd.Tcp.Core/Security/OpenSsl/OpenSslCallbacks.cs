using System.Runtime.InteropServices;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Native;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>The callbacks of OpenSSL that both sides have. Nothing may be thrown into C: they return a failure.</summary>
internal static unsafe class OpenSslCallbacks
{
    // X509_V_ERR_...
    private const int UnspecifiedError = 1;

    /// <summary>Gets the callback that verifies the peer's certificate.</summary>
    public static delegate* unmanaged<nint, nint, int> Verify => &OnVerify;

    [UnmanagedCallersOnly]
    private static int OnVerify(nint verification, nint argument)
    {
        try
        {
            return OpenSslSession.Current is { Side: var side } && side.Refusal.Judge(side.Verify(verification)) ? 1 : 0;
        }
        catch (Exception e)
        {
            LibSsl.ERR_clear_error();
            LibSsl.X509_STORE_CTX_set_error(verification, UnspecifiedError);
            OpenSslSession.Current?.Side.Refusal.Judge(new(PeerFailure.Invalid, $"it cannot be verified: {CertificateNames.OneLine(e.Message)}"));
            return 0;
        }
    }
}
