using System.Collections.Concurrent;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Handshakes;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Makes the sides of a listener's handshakes, from contexts that it keeps: a handshake makes none. Members may be called from any thread.</summary>
internal sealed class OpenSslServer : IDisposable
{
    private volatile Contexts _contexts;

    /// <summary>Makes the context of the default identity, so that what OpenSSL refuses is seen at once.</summary>
    /// <param name="options">The options, validated; not changed any more.</param>
    /// <param name="current">The certificates.</param>
    /// <param name="services">The clock and the log.</param>
    /// <param name="optionPath">The path of the options, with a dot, for errors.</param>
    /// <exception cref="InvalidOptionsException">OpenSSL does not have an algorithm or refuses a file, or the file with the ticket keys cannot be used.</exception>
    public OpenSslServer(ListenerTlsOptions options, CurrentCertificates current, CertificateServices services, string optionPath)
    {
        Options = options;
        TimeProvider = services.TimeProvider;
        ClientNames = TlsText.ParseNames(options.ClientNames);
        Protocols = ProtocolList.Write(options.ApplicationProtocols);
        Ciphers = new(options.Groups, options.SignatureAlgorithms, options.CipherSuites, optionPath);
        _contexts = new(current, new());
        try
        {
            ContextFor(current, serverName: null);
        }
        catch (OpenSslException e)
        {
            throw new InvalidOptionsException([new(optionPath.TrimEnd('.'), e.Message)], nameof(options));
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
    /// <param name="refusal">Keeps the verdict on the client.</param>
    /// <exception cref="OpenSslException">OpenSSL refuses a file that has changed.</exception>
    public OpenSslServerSide SideFor(CurrentCertificates current, string? serverName, PeerRefusal refusal) => new(ContextFor(current, serverName)) { Refusal = refusal };

    public void Dispose() => Tickets.Dispose();

    private OpenSslServerContext ContextFor(CurrentCertificates current, string? serverName)
    {
        var contexts = _contexts;
        if (contexts.Current != current)
        {
            // Two handshakes at once may make two: sessions keep theirs.
            contexts = contexts.For(current);
            _contexts = contexts;
        }

        var identities = current.Identities!.SelectPair(serverName);
        return contexts.ByIdentities.TryGetValue(identities, out var known) ? known : contexts.ByIdentities.GetOrAdd(identities, new OpenSslServerContext(this, identities, current));
    }

    /// <summary>The contexts under the same certificates, each made at the first handshake that chooses its identities.</summary>
    private sealed record Contexts(CurrentCertificates Current, ConcurrentDictionary<TlsIdentityPair, OpenSslServerContext> ByIdentities)
    {
        /// <summary>Returns those that other certificates leave as they are.</summary>
        public Contexts For(CurrentCertificates current)
        {
            var identities = current.Identities!.All.ToHashSet();
            return new(current, (current.Roots, current.Revocations) != (Current.Roots, Current.Revocations) ? new() : new(ByIdentities.Where(entry => entry.Key.All.All(identities.Contains))));
        }
    }
}
