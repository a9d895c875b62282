using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Security.Certificates;

namespace Linkerd.Tcp.Security.Handshakes;

/// <summary>Keeps the verdict on the peer of one handshake, as SslStream reports none. For one thread at a time.</summary>
internal sealed class PeerRefusal
{
    /// <summary>Gets the verdict; null if the peer's certificate was not looked at.</summary>
    public PeerVerdict? Verdict { get; private set; }

    /// <summary>Gives the verdict, in a callback of SslStream.</summary>
    public bool Judge(PeerVerifier verifier, X509Certificate? certificate, X509Chain? chain) => Judge(verifier.Judge((X509Certificate2?)certificate, chain));

    /// <summary>Gives the verdict.</summary>
    /// <returns>True if the peer is accepted.</returns>
    public bool Judge(PeerVerdict verdict)
    {
        Verdict = verdict;
        return verdict.IsAccepted;
    }
}
