using System.Collections.Concurrent;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Connections;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Makes the sides of a listener's handshakes, from contexts that it keeps: a handshake makes none. Members may be called from any thread.</summary>
internal sealed class OpenSslServer : IDisposable
{
    private readonly ConcurrentDictionary<(TlsIdentityPair Identities, TrustedRoots Roots, RevocationLists? Revocations), OpenSslServerContext> _contexts = new();

    /// <summary>Makes the contexts of the certificates, so that what OpenSSL refuses is seen at once.</summary>
    /// <param name="options">The options, validated; not changed any more.</param>
    /// <param name="current">The certificates.</param>
    /// <param name="services">The clock and the log.</param>
    /// <param name="optionPath">The path of the options, with a dot, for errors.</param>
    /// <exception cref="Primitives.InvalidOptionsException">OpenSSL does not have an algorithm, or the file with the ticket keys cannot be used.</exception>
    public OpenSslServer(ListenerTlsOptions options, CurrentCertificates current, CertificateServices services, string optionPath)
    {
        Options = options;
        TimeProvider = services.TimeProvider;
        ClientNames = TlsText.ParseNames(options.ClientNames);
        Protocols = ApplicationProtocols.Write(options.ApplicationProtocols);
        Ciphers = new(options.Groups, options.SignatureAlgorithms, options.CipherSuites, optionPath);
        foreach (var pair in current.Identities!.Pairs)
        {
            ContextFor(pair, current);
        }

        Tickets = new(options.TicketLifetime, services, options.TicketKeyFile, optionPath);
    }

    /// <summary>Gets the options.</summary>
    public ListenerTlsOptions Options { get; }

    /// <summary>Gets the clock.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>Gets the names of which a client's certificate must have one; empty: any.</summary>
    public IReadOnlyList<PeerName> ClientNames { get; }

    /// <summary>Gets the application protocols, as a list of the handshake.</summary>
    public byte[] Protocols { get; }

    /// <summary>Gets the algorithms.</summary>
    public CipherSettings Ciphers { get; }

    /// <summary>Gets the keys of the tickets, which all identities share.</summary>
    public TicketKeyRing Tickets { get; }

    /// <summary>Creates the side of one handshake.</summary>
    /// <param name="current">The certificates.</param>
    /// <param name="serverName">The server name of the client; null if it has sent none.</param>
    /// <exception cref="OpenSslException">OpenSSL refuses a file that has changed.</exception>
    public OpenSslServerSide SideFor(CurrentCertificates current, string? serverName) => new(ContextFor(current.Identities!.SelectPair(serverName), current));

    public void Dispose() => Tickets.Dispose();

    private OpenSslServerContext ContextFor(TlsIdentityPair identities, CurrentCertificates current)
    {
        var key = (identities, current.Roots, current.Revocations);
        if (_contexts.TryGetValue(key, out var known))
        {
            return known;
        }

        // Those of certificates that were replaced go with the next ones; their sessions keep theirs.
        if (_contexts.Count > 2 * current.Identities!.All.Count)
        {
            _contexts.Clear();
        }

        return _contexts.GetOrAdd(key, new OpenSslServerContext(this, identities, current));
    }
}
