using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Linkerd.Tcp.Security.Certificates;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Represents what the sessions with clients share that chose the same identities under the same certificates. Immutable; any thread.</summary>
internal sealed unsafe class OpenSslServerContext
{
    private const int ControlStatusCallback = 63;
    private const ulong NoTicket = 1UL << 14;
    private const int VerifyPeer = 1;
    private const int FailIfNoPeerCertificate = 2;

    // A client's message with the names must stay within what it reads of one message.
    private const int MaxAuthorities = 100;

    /// <param name="server">The listener.</param>
    /// <param name="identities">The identities.</param>
    /// <param name="current">The roots and revocation lists.</param>
    /// <exception cref="OpenSslException">OpenSSL refuses a file.</exception>
    /// <exception cref="Primitives.InvalidOptionsException">OpenSSL does not have an algorithm.</exception>
    public OpenSslServerContext(OpenSslServer server, TlsIdentityPair identities, CurrentCertificates current)
    {
        Server = server;
        Identities = identities;
        Verifier = new(current, IdentityPurpose.Client, server.TimeProvider);
        Native = OpenSslContext.Create(isServer: true, server.Options.MinimumVersion);
        server.Ciphers.Apply(Native);
        foreach (var identity in identities.All)
        {
            OpenSslIdentity.Use(Native, identity);
        }

        UseProtocols();
        UseTickets();
        UseClientCertificates(current);
        if (identities.All.Any(static identity => identity.OcspResponse is not null))
        {
            LibSsl.SSL_CTX_callback_ctrl(Native.Handle, ControlStatusCallback, OpenSslServerCallbacks.Status);
        }

        fixed (byte* id = SessionIdContext(server, identities, current))
        {
            _ = LibSsl.SSL_CTX_set_session_id_context(Native.Handle, id, SHA256.HashSizeInBytes);
        }
    }

    /// <summary>Gets the listener.</summary>
    public OpenSslServer Server { get; }

    /// <summary>Gets the SSL_CTX.</summary>
    public OpenSslContext Native { get; }

    /// <summary>Gets the identities.</summary>
    public TlsIdentityPair Identities { get; }

    /// <summary>Gets the verifier of clients.</summary>
    public OpenSslPeerVerifier Verifier { get; }

    private void UseProtocols()
    {
        if (Server.Protocols.Length > 0)
        {
            LibSsl.SSL_CTX_set_alpn_select_cb(Native.Handle, OpenSslServerCallbacks.SelectProtocol, 0);
        }
    }

    private void UseTickets()
    {
        var options = Server.Options;
        _ = LibSsl.SSL_CTX_set_num_tickets(Native.Handle, (nuint)options.TicketCount);
        if (options.TicketCount == 0)
        {
            LibSsl.SSL_CTX_set_options(Native.Handle, NoTicket);
            return;
        }

        LibSsl.SSL_CTX_set_timeout(Native.Handle, (nint)options.TicketLifetime.TotalSeconds);
        _ = LibSsl.SSL_CTX_set_tlsext_ticket_key_evp_cb(Native.Handle, OpenSslServerCallbacks.TicketKey);
    }

    private void UseClientCertificates(CurrentCertificates current)
    {
        var mode = Server.Options.ClientCertificates;
        if (mode == ClientCertificateMode.None)
        {
            return;
        }

        TrustStore.Of(current).Use(Native);
        LibSsl.SSL_CTX_set_verify(Native.Handle, mode == ClientCertificateMode.Require ? VerifyPeer | FailIfNoPeerCertificate : VerifyPeer, null);
        LibSsl.SSL_CTX_set_cert_verify_callback(Native.Handle, OpenSslCallbacks.Verify, 0);
        _ = LibCrypto.SSL_CTX_set_session_ticket_cb(Native.Handle, null, OpenSslServerCallbacks.ReadTicket, 0);

        // Clients choose by the names of the authorities; none: any.
        if (current.Roots.Certificates is { Count: <= MaxAuthorities } roots)
        {
            foreach (var root in roots)
            {
                var authority = OpenSslCertificates.Read(root.RawDataMemory.Span, current.Roots.File);
                _ = LibSsl.SSL_CTX_add_client_CA(Native.Handle, authority);
                LibSsl.X509_free(authority);
            }
        }
    }

    // Whatever a session was made under: a ticket is for this name and these rules alone, in every process that has them, and outlives a renewed certificate.
    private static byte[] SessionIdContext(OpenSslServer server, TlsIdentityPair identities, CurrentCertificates current)
    {
        var (options, names) = (server.Options, identities.All.SelectMany(static identity => identity.Names.IsEmpty ? [identity.Subject] : identity.Names).Distinct().Order(StringComparer.Ordinal));
        IEnumerable<string> clients = options.ClientCertificates == ClientCertificateMode.None ? []
            : [current.Roots.Thumbprint, current.Revocations?.Thumbprint ?? string.Empty, .. options.ClientNames];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in clients.Prepend(options.ClientCertificates.ToString()).Append(string.Empty).Concat(names))
        {
            var content = Encoding.UTF8.GetBytes(text);
            var length = new byte[sizeof(int)];
            BinaryPrimitives.WriteInt32BigEndian(length, content.Length);
            hash.AppendData(length);
            hash.AppendData(content);
        }

        return hash.GetHashAndReset();
    }
}
