using System.Runtime.InteropServices;
using Linkerd.Tcp.LoadTest.Native;

namespace Linkerd.Tcp.LoadTest.Tls;

/// <summary>
/// All clients, or the backend: settings of their TLS connections, and counts. Both offer TLS 1.3 with TLS_AES_128_GCM_SHA256 and X25519 only, so every
/// proxy does the same work with its defaults. Clients do not verify the proxy, which would cost it nothing.
/// </summary>
internal sealed unsafe class TlsEndpoint : IDisposable
{
    private const int ReadBufferLength = 64 * 1024;
    private readonly nint _context;
    private readonly bool _isClient;

    // Sessions that were received and not used yet. A ticket is used once, as clients should (RFC 8446, C.4).
    private readonly Stack<nint> _tickets = new();

    private TlsEndpoint(bool isClient, bool resumes)
    {
        Libssl.Require();
        (_isClient, Resumes) = (isClient, resumes);
        _context = Libssl.NewContext(isClient ? Libssl.ClientMethod() : Libssl.ServerMethod());
        Libssl.ControlContext(_context, Libssl.SetMinimumVersion, Libssl.Tls13, null);
        Libssl.ControlContext(_context, Libssl.SetMode, Libssl.AcceptMovingBuffer, null);
        Libssl.ControlContext(_context, Libssl.SetReadAhead, 1, null);
        Libssl.ControlContext(_context, Libssl.SetSessionCacheMode, 0, null);
        Libssl.SetContextOptions(_context, Libssl.IgnoreUnexpectedEnd);
        Libssl.SetReadBufferLength(_context, ReadBufferLength);
        Libssl.SetVerification(_context, &Accept, 0);
        Check(Libssl.ControlContext(_context, Libssl.SetGroups, 0, "X25519"), "X25519");
        Check(Libssl.SetCipherSuites(_context, "TLS_AES_128_GCM_SHA256"), "TLS_AES_128_GCM_SHA256");
    }

    /// <summary>Whether clients offer tickets, or the backend issues them.</summary>
    public bool Resumes { get; }

    /// <summary>Handshakes that were followed by data.</summary>
    public long Handshakes { get; private set; }

    /// <summary>Those of them that resumed a session.</summary>
    public long Resumed { get; private set; }

    public static TlsEndpoint CreateClient(bool resumes) => new(isClient: true, resumes);

    /// <summary>The backend; without tickets every handshake with it is a full one.</summary>
    public static TlsEndpoint CreateServer(TestCertificates certificates, bool resumes)
    {
        var server = new TlsEndpoint(isClient: false, resumes);
        Check(Libssl.UseCertificateChainFile(server._context, certificates.Certificate), certificates.Certificate);
        Check(Libssl.UsePrivateKeyFile(server._context, certificates.Key, Libssl.PemFile), certificates.Key);
        if (!resumes)
        {
            Check(Libssl.SetTicketCount(server._context, 0), "tickets");
        }

        return server;
    }

    /// <summary>Begins a TLS connection on a socket; the first read or write makes the handshake.</summary>
    public TlsConnection Open(int descriptor)
    {
        var ssl = Libssl.New(_context);
        _ = Libssl.SetDescriptor(ssl, descriptor);
        if (!_isClient)
        {
            Libssl.SetAcceptState(ssl);
            return new(this, ssl);
        }

        Libssl.SetConnectState(ssl);
        Libssl.Control(ssl, Libssl.SetServerName, 0, TestCertificates.Name);
        if (_tickets.TryPop(out var session))
        {
            _ = Libssl.SetSession(ssl, session);
            Libssl.FreeSession(session);
        }

        return new(this, ssl);
    }

    public void ResetCounts() => (Handshakes, Resumed) = (0, 0);

    /// <summary>Counts a handshake.</summary>
    internal void Count(bool resumed)
    {
        Handshakes++;
        Resumed += resumed ? 1 : 0;
    }

    /// <summary>Keeps what a connection that ends has received for a later one.</summary>
    internal void Keep(nint ssl)
    {
        if (!_isClient || !Resumes || Libssl.TakeSession(ssl) is not (var session and not 0))
        {
            return;
        }

        if (Libssl.IsResumable(session) == 1)
        {
            _tickets.Push(session);
        }
        else
        {
            Libssl.FreeSession(session);
        }
    }

    public void Dispose()
    {
        while (_tickets.TryPop(out var session))
        {
            Libssl.FreeSession(session);
        }

        Libssl.FreeContext(_context);
    }

    [UnmanagedCallersOnly]
    private static int Accept(nint store, nint argument) => 1;

    private static void Check(nint result, string what)
    {
        if (result != 1)
        {
            throw new IOException($"OpenSSL refused {what}: {Libssl.TakeError()}");
        }
    }
}
