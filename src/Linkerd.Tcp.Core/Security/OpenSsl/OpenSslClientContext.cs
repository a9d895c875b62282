using Linkerd.Tcp.Security.Certificates;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Represents what the sessions with servers share under the same certificates. The tickets go with it: other roots, or another own certificate, resume no session. Immutable; any thread.</summary>
internal sealed unsafe class OpenSslClientContext
{
    private const int VerifyPeer = 1;

    /// <param name="client">The destination.</param>
    /// <param name="current">The certificates.</param>
    /// <exception cref="OpenSslException">OpenSSL refuses a file.</exception>
    /// <exception cref="Primitives.InvalidOptionsException">OpenSSL does not have an algorithm.</exception>
    public OpenSslClientContext(OpenSslClient client, CurrentCertificates current)
    {
        Client = client;
        Certificates = current;
        Verifier = new(current, IdentityPurpose.Server, client.TimeProvider);
        Native = OpenSslContext.Create(isServer: false, client.Options.MinimumVersion);
        client.Ciphers.Apply(Native);
        if (current.Identities is { Default: var identity })
        {
            OpenSslIdentity.Use(Native, identity);
        }

        LibSsl.SSL_CTX_set_cert_verify_callback(Native.Handle, OpenSslCallbacks.Verify, 0);
        LibSsl.SSL_CTX_sess_set_new_cb(Native.Handle, OpenSslClientCallbacks.AddTicket);
        if (!client.Options.SkipVerification)
        {
            TrustStore.Of(current).Use(Native);
            LibSsl.SSL_CTX_set_verify(Native.Handle, VerifyPeer, null);
        }
    }

    /// <summary>Gets the destination.</summary>
    public OpenSslClient Client { get; }

    /// <summary>Gets the certificates.</summary>
    public CurrentCertificates Certificates { get; }

    /// <summary>Gets the SSL_CTX.</summary>
    public OpenSslContext Native { get; }

    /// <summary>Gets the verifier of servers.</summary>
    public OpenSslPeerVerifier Verifier { get; }

    /// <summary>Gets the tickets of the servers.</summary>
    public TicketStore Tickets { get; } = new();
}
