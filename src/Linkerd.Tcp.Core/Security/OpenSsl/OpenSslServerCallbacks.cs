using System.Runtime.InteropServices;
using Linkerd.Tcp.Security.Native;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>The callbacks of OpenSSL that a listener's side has. Nothing may be thrown into C: they return a failure.</summary>
internal static unsafe class OpenSslServerCallbacks
{
    // SSL_TLSEXT_ERR_...
    private const int Ok = 0;
    private const int FatalAlert = 2;
    private const int NoAcknowledgement = 3;

    private const int ControlStatusResponse = 71;
    private const int EcKey = 408;

    // SSL_TICKET_... and SSL_TICKET_RETURN_...
    private const int TicketEmpty = 3;
    private const int TicketNotDecrypted = 4;
    private const int TicketSuccess = 5;
    private const int TicketSuccessRenew = 6;
    private const int Abort = 0;
    private const int IgnoreAndRenew = 2;
    private const int Use = 3;
    private const int UseAndRenew = 4;

    private static OpenSslServerContext? Shared => (OpenSslSession.Current?.Side as OpenSslServerSide)?.Shared;

    /// <summary>Gets the callback that chooses the application protocol.</summary>
    public static delegate* unmanaged<nint, byte**, byte*, byte*, uint, nint, int> SelectProtocol => &OnSelectProtocol;

    /// <summary>Gets the callback that staples an OCSP response; called if the client asks for one.</summary>
    public static delegate* unmanaged<nint, nint, int> Status => &OnStatus;

    /// <summary>Gets the callback that encrypts and decrypts tickets.</summary>
    public static delegate* unmanaged<nint, byte*, byte*, nint, nint, int, int> TicketKey => &OnTicketKey;

    /// <summary>Gets the callback that looks at the session of a ticket.</summary>
    public static delegate* unmanaged<nint, nint, byte*, nuint, int, nint, int> ReadTicket => &OnReadTicket;

    // The name stays in the client's message, which OpenSSL copies it from.
    [UnmanagedCallersOnly]
    private static int OnSelectProtocol(nint ssl, byte** selected, byte* selectedLength, byte* offered, uint length, nint argument)
    {
        try
        {
            if (Shared is not { } shared)
            {
                return FatalAlert;
            }

            var (offset, count) = ProtocolList.Select(shared.Server.Protocols, new(offered, (int)length)).GetOffsetAndLength((int)length);
            *selected = offered + offset;
            *selectedLength = (byte)count;
            return count > 0 ? Ok : FatalAlert;
        }
        catch (Exception e)
        {
            OpenSslErrors.Keep("the application protocol cannot be chosen", e);
            return FatalAlert;
        }
    }

    [UnmanagedCallersOnly]
    private static int OnStatus(nint ssl, nint argument)
    {
        try
        {
            var isEcdsa = LibCrypto.EVP_PKEY_get_base_id(LibCrypto.X509_get0_pubkey(LibCrypto.SSL_get_certificate(ssl))) == EcKey;
            var (first, second) = Shared is { Identities: var (one, other) } ? (one, other) : default;
            if ((first?.IsEcdsa == isEcdsa ? first : second)?.OcspResponse is not { } response)
            {
                return NoAcknowledgement;
            }

            fixed (byte* content = response)
            {
                // Freed with the SSL.
                var copy = LibSsl.CRYPTO_memdup(content, (nuint)response.Length, nameof(OpenSslServerCallbacks), 0);
                return copy != 0 && LibSsl.SSL_ctrl(ssl, ControlStatusResponse, response.Length, (void*)copy) == 1 ? Ok : NoAcknowledgement;
            }
        }
        catch (Exception)
        {
            // No response, and the handshake goes on.
            return NoAcknowledgement;
        }
    }

    [UnmanagedCallersOnly]
    private static int OnTicketKey(nint ssl, byte* name, byte* vector, nint cipher, nint mac, int isEncryption)
    {
        try
        {
            return Shared is not { } shared ? 0
                : isEncryption != 0 ? TicketCipher.BeginEncrypt(shared.Server.Tickets, name, vector, cipher, mac)
                : TicketCipher.BeginDecrypt(shared.Server.Tickets, name, vector, cipher, mac, isSingleUse: LibSsl.SSL_version(ssl) == LibSsl.Tls13);
        }
        catch (Exception)
        {
            // No ticket, and a full handshake.
            return 0;
        }
    }

    // A session with a client whose certificate has expired since is not resumed.
    [UnmanagedCallersOnly]
    private static int OnReadTicket(nint ssl, nint session, byte* name, nuint length, int status, nint argument)
    {
        try
        {
            return status switch
            {
                TicketSuccess or TicketSuccessRenew when Shared is not { } shared || (LibCrypto.SSL_SESSION_get0_peer(session) is var peer and not 0
                    && OpenSslCertificates.HasExpired(peer, shared.Server.TimeProvider.GetUtcNow())) => IgnoreAndRenew,
                TicketSuccess => Use,
                TicketSuccessRenew => UseAndRenew,
                TicketEmpty or TicketNotDecrypted => IgnoreAndRenew,
                _ => Abort,
            };
        }
        catch (Exception)
        {
            return IgnoreAndRenew;
        }
    }
}
