using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>The callbacks of OpenSSL that both sides have. Nothing may be thrown into C: they return a failure.</summary>
internal static unsafe class OpenSslCallbacks
{
    /// <summary>Gets the callback that verifies the peer's certificate.</summary>
    public static delegate* unmanaged<nint, nint, int> Verify => &OnVerify;

    [UnmanagedCallersOnly]
    private static int OnVerify(nint verification, nint argument) => OpenSslSession.Current is { Side: var side } && side.Refusal.Judge(side.Verify(verification)) ? 1 : 0;
}
