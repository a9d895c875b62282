using Linkerd.Tcp.Security.Certificates;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Represents the listener's side of one TLS connection.</summary>
internal sealed class OpenSslServerSide(OpenSslServerContext shared) : OpenSslSide
{
    // ERR_LIB_SSL and SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE.
    private const nuint NoPeerCertificate = (20 << 23) | 199;

    public override OpenSslContext Context => shared.Native;

    public override bool IsServer => true;

    /// <summary>Gets what it shares with other sessions.</summary>
    public OpenSslServerContext Shared => shared;

    public override void Configure(nint ssl)
    {
        if (shared.Server.Options.ClientCertificates != ClientCertificateMode.None)
        {
            OpenSslTime.Set(ssl, shared.Server.TimeProvider.GetUtcNow());
        }
    }

    public override PeerVerdict Verify(nint verification) => shared.Verifier.Verify(verification, shared.Server.ClientNames);

    public override void OnFailed(nuint error)
    {
        if (error == NoPeerCertificate)
        {
            Refusal.Judge(PeerVerdict.NoCertificate);
        }
    }
}
