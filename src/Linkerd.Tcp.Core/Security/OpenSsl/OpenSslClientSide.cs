using System.Net;
using System.Text;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Native;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Represents the proxy's side of one TLS connection with a server.</summary>
/// <param name="shared">What it shares with other sessions.</param>
/// <param name="endPoint">The address of the server; null if it has none.</param>
/// <param name="serverName">The server name of the handshake; null: none.</param>
/// <param name="names">The names of which the server's certificate must have one.</param>
/// <param name="protocols">The application protocols; empty: none.</param>
internal sealed unsafe class OpenSslClientSide(OpenSslClientContext shared, EndPoint? endPoint, string? serverName, IReadOnlyList<PeerName> names, IReadOnlyList<string> protocols) : OpenSslSide
{
    private const int ControlServerName = 55;

    public override OpenSslContext Context => shared.Native;

    public override bool IsServer => false;

    // The names to verify are those of the destination and of the server name, so they do not tell servers apart any further; without a name there may be others, of an address for example.
    private TicketKey TicketKey => new(endPoint, serverName ?? string.Join(' ', names));

    public override void Configure(nint ssl)
    {
        var now = shared.Client.TimeProvider.GetUtcNow();
        OpenSslTime.Set(ssl, now);
        if (serverName is not null)
        {
            fixed (byte* text = Encoding.ASCII.GetBytes(serverName + "\0"))
            {
                _ = LibSsl.SSL_ctrl(ssl, ControlServerName, 0, text);
            }
        }

        if (protocols.Count > 0)
        {
            var list = ProtocolList.Write(protocols);
            fixed (byte* start = list)
            {
                _ = LibSsl.SSL_set_alpn_protos(ssl, start, (uint)list.Length);
            }
        }

        shared.Tickets.TryUse(TicketKey, ssl, now);
    }

    public override PeerVerdict Verify(nint verification) => shared.Client.Options.SkipVerification ? default : shared.Verifier.Verify(verification, names);

    // If a server renews the ticket of a session of TLS 1.2, OpenSSL drops the session, and does not call back with the new one.
    public override void OnCompleted(nint ssl)
    {
        base.OnCompleted(ssl);
        if (IsResumed && LibSsl.SSL_version(ssl) == LibSsl.Tls12)
        {
            AddTicket(LibCrypto.SSL_get1_session(ssl));
        }
    }

    /// <summary>Keeps a session for the next handshake with the server.</summary>
    /// <param name="session">The SSL_SESSION, of which a reference is taken over.</param>
    public void AddTicket(nint session) => shared.Tickets.Add(TicketKey, session);
}
