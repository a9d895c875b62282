using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Security.Native;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Represents one side of one TLS connection: what a session takes from the options, and what the callbacks of OpenSSL ask during its calls. Used by one thread at a time.</summary>
internal abstract class OpenSslSide
{
    /// <summary>Gets the context from which the session is made.</summary>
    public abstract OpenSslContext Context { get; }

    /// <summary>Gets a value that indicates whether this side is the server.</summary>
    public abstract bool IsServer { get; }

    /// <summary>Gets the verdict on the peer's certificate.</summary>
    public PeerRefusal Refusal { get; init; } = new();

    /// <summary>Gets a value that indicates whether the handshake has resumed a session. False until it has succeeded.</summary>
    public bool IsResumed { get; private set; }

    /// <summary>Sets what differs between the sessions of a context: names, protocols, a ticket, the time. Called once, before the first step of the handshake.</summary>
    /// <param name="ssl">The SSL.</param>
    public abstract void Configure(nint ssl);

    /// <summary>Verifies the peer's certificate, in the callback of OpenSSL. If it throws, the peer is refused.</summary>
    /// <param name="verification">The X509_STORE_CTX.</param>
    public abstract PeerVerdict Verify(nint verification);

    /// <summary>Called if the handshake has succeeded.</summary>
    /// <param name="ssl">The SSL.</param>
    public virtual void OnCompleted(nint ssl) => IsResumed = LibSsl.SSL_session_reused(ssl) != 0;

    /// <summary>Gives the verdict on a peer that OpenSSL refuses without asking, for having no certificate. Called if a step of the handshake fails.</summary>
    /// <param name="error">The first error of OpenSSL's queue.</param>
    public virtual void OnFailed(nuint error)
    {
    }
}
