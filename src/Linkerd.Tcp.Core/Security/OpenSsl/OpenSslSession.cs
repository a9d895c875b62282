using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Text;
using Linkerd.Tcp.Security.Native;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Names the outcomes of a step of a session, as <c>TlsOperationStatus</c> of .NET 11 does.</summary>
internal enum OpenSslStatus
{
    /// <summary>It is done.</summary>
    Complete,

    /// <summary>It goes on with more bytes of the peer.</summary>
    NeedsInput,

    /// <summary>It goes on once the output was taken.</summary>
    NeedsRoom,

    /// <summary>The peer has ended its stream with close_notify.</summary>
    Closed,

    /// <summary>It has failed. No step follows.</summary>
    Failed,
}

/// <summary>
/// Represents the SSL of one connection. Its steps read the input and write the output of the loop's <see cref="OpenSslMemory"/>; what they leave of the input is the caller's. Used by one thread at a
/// time. After a failure nothing calls the SSL any more, other than to free it.
/// </summary>
internal sealed unsafe class OpenSslSession : IDisposable
{
    private const int SentShutdown = 1;
    private const int ReceivedShutdown = 2;

    [ThreadStatic]
    private static OpenSslSession? Active;

    private nint _ssl;

    /// <summary>Creates an SSL.</summary>
    /// <param name="side">The side, whose context is used.</param>
    /// <param name="memory">The memory of the loop.</param>
    /// <exception cref="InsufficientMemoryException">OpenSSL has no memory.</exception>
    public OpenSslSession(OpenSslSide side, OpenSslMemory memory)
    {
        (Side, Memory) = (side, memory);
        _ssl = LibSsl.SSL_new(side.Context.Handle);
        if (_ssl == 0)
        {
            LibSsl.ERR_clear_error();
            throw new InsufficientMemoryException("OpenSSL has no memory for a session.");
        }

        try
        {
            var bio = memory.CreateBio();
            LibSsl.SSL_set_bio(_ssl, bio, bio);
            if (side.IsServer)
            {
                LibSsl.SSL_set_accept_state(_ssl);
            }
            else
            {
                LibSsl.SSL_set_connect_state(_ssl);
            }

            side.Configure(_ssl);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Gets the session whose step calls OpenSSL on this thread, for its callbacks; null if there is none.</summary>
    public static OpenSslSession? Current => Active;

    public OpenSslSide Side { get; }

    public OpenSslMemory Memory { get; }

    /// <summary>Gets the cause of the failure, in OpenSSL's words.</summary>
    public string? Error { get; private set; }

    /// <summary>Gets a value that indicates whether a step has failed.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Gets a value that indicates whether the SSL has bytes of the peer that no read has returned.</summary>
    public bool HasPending => LibSsl.SSL_has_pending(_ssl) != 0;

    /// <summary>Gets a value that indicates whether the end of the handshake is for the session's tickets alone, and the peer does not wait for it.</summary>
    public bool EndsWithTickets => Side.IsServer && Version == TlsVersion.Tls13;

    public bool IsResumed => LibSsl.SSL_session_reused(_ssl) != 0;

    public TlsVersion Version => LibSsl.SSL_version(_ssl) == LibSsl.Tls13 ? TlsVersion.Tls13 : TlsVersion.Tls12;

    public TlsCipherSuite CipherSuite => (TlsCipherSuite)LibSsl.SSL_CIPHER_get_protocol_id(LibSsl.SSL_get_current_cipher(_ssl));

    /// <summary>Gets the application protocol that was negotiated; null if there is none.</summary>
    public string? ApplicationProtocol
    {
        get
        {
            byte* protocol;
            uint length;
            LibSsl.SSL_get0_alpn_selected(_ssl, &protocol, &length);
            return length == 0 ? null : Encoding.Latin1.GetString(protocol, (int)length);
        }
    }

    /// <summary>Returns the peer's certificate in DER; null if there is none.</summary>
    public byte[]? ExportPeerCertificate()
    {
        var certificate = LibSsl.SSL_get1_peer_certificate(_ssl);
        if (certificate == 0)
        {
            return null;
        }

        try
        {
            return OpenSslCertificates.Export(certificate);
        }
        finally
        {
            LibSsl.X509_free(certificate);
        }
    }

    /// <summary>Goes on with the handshake.</summary>
    public OpenSslStatus ProcessHandshake()
    {
        using (Enter())
        {
            var status = Conclude(LibSsl.SSL_do_handshake(_ssl));
            if (status == OpenSslStatus.Complete)
            {
                Side.OnCompleted(_ssl);
            }

            return status;
        }
    }

    /// <summary>Decrypts bytes.</summary>
    public OpenSslStatus Decrypt(byte* buffer, int length, out int count)
    {
        nuint read = 0;
        OpenSslStatus status;
        using (Enter())
        {
            status = Conclude(LibSsl.SSL_read_ex(_ssl, buffer, (nuint)length, &read));
        }

        count = (int)read;
        return status;
    }

    /// <summary>Encrypts bytes, as one record.</summary>
    public OpenSslStatus Encrypt(byte* data, int length, out int count)
    {
        nuint written = 0;
        OpenSslStatus status;
        using (Enter())
        {
            status = Conclude(LibSsl.SSL_write_ex(_ssl, data, (nuint)length, &written));
        }

        count = (int)written;
        return status;
    }

    /// <summary>Writes close_notify.</summary>
    /// <returns>False if OpenSSL does not write it now, as a message of the peer has come in part.</returns>
    public bool TryCloseNotify()
    {
        using (Enter())
        {
            // 0: written, and the peer's has not come.
            var isWritten = LibSsl.SSL_shutdown(_ssl) >= 0;
            LibSsl.ERR_clear_error();
            return isWritten;
        }
    }

    /// <summary>Frees the SSL with its BIO.</summary>
    public void Dispose()
    {
        if (_ssl != 0)
        {
            if (!HasFailed)
            {
                // Otherwise the session of an SSL that has sent no close_notify is not resumed, which RFC 2246 asked for, and no later version.
                LibCrypto.SSL_set_shutdown(_ssl, SentShutdown | ReceivedShutdown);
            }

            LibSsl.SSL_free(_ssl);
            _ssl = 0;
            LibSsl.ERR_clear_error();
        }
    }

    // The error queue is one for each thread, and the runtime uses it as well. A clear of all its entries takes 1 % of the time of a record; it is almost always empty.
    private Scope Enter()
    {
        ObjectDisposedException.ThrowIf(_ssl == 0, this);
        if (LibSsl.ERR_peek_error() != 0)
        {
            LibSsl.ERR_clear_error();
        }

        Active = this;
        return default;
    }

    private OpenSslStatus Conclude(int result)
    {
        if (result == 1)
        {
            return OpenSslStatus.Complete;
        }

        switch (LibSsl.SSL_get_error(_ssl, result))
        {
            case LibSsl.ErrorWantRead:
                return OpenSslStatus.NeedsInput;
            case LibSsl.ErrorWantWrite:
                return OpenSslStatus.NeedsRoom;
            case LibSsl.ErrorZeroReturn:
                return OpenSslStatus.Closed;
            default:
                HasFailed = true;
                Side.OnFailed(LibSsl.ERR_peek_error());
                Error = OpenSslErrors.Take();
                return OpenSslStatus.Failed;
        }
    }

    [SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "For using.")]
    private readonly ref struct Scope : IDisposable
    {
        public void Dispose() => Active = null;
    }
}
