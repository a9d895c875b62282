using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Security.Hello;
using Linkerd.Tcp.Security.OpenSsl;
using Linkerd.Tcp.Security.Providers;
using Linkerd.Tcp.Transport.Epoll;

namespace Linkerd.Tcp.Security.Connections;

/// <summary>Runs the handshakes of a listener, with the certificates that are current when each begins. Members may be called from any thread.</summary>
internal sealed class TlsAcceptor : IDisposable
{
    private readonly ListenerTlsOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly PeerName[] _clientNames;
    private readonly List<SslApplicationProtocol>? _protocols;
    private readonly OpenSslServer? _openSsl;
    private readonly ConcurrentDictionary<TlsIdentity, SslServerAuthenticationOptions> _anonymous = new();

    /// <summary>Loads the certificates, on the thread of the caller.</summary>
    /// <param name="options">The options, validated; not changed any more.</param>
    /// <param name="services">The services of the certificates.</param>
    /// <param name="optionPath">The path of the options, with a dot, for errors.</param>
    /// <exception cref="Primitives.InvalidOptionsException">Files cannot be used.</exception>
    public TlsAcceptor(ListenerTlsOptions options, CertificateServices services, string optionPath)
    {
        _options = options;
        _timeProvider = services.TimeProvider;
        _clientNames = TlsText.ParseNames(options.ClientNames);
        _protocols = TlsText.ProtocolsOf(options.ApplicationProtocols);
        var isOpenSsl = TlsProvider.Of(options.Provider).IsOpenSsl;
        Certificates = new CertificateWatch(SourcesOf(options, optionPath, isOpenSsl), services);
        try
        {
            _openSsl = isOpenSsl ? new OpenSslServer(options, Certificates.Current, services, optionPath) : null;
        }
        catch
        {
            Certificates.Dispose();
            throw;
        }
    }

    /// <summary>Gets the certificates.</summary>
    public CertificateWatch Certificates { get; }

    /// <summary>Gets the files of options.</summary>
    /// <param name="options">The options of the listener.</param>
    /// <param name="optionPath">The path of the options, with a dot, for errors.</param>
    /// <param name="isOpenSsl">True if OpenSSL runs handshakes.</param>
    public static CertificateSources SourcesOf(ListenerTlsOptions options, string optionPath, bool isOpenSsl) => new()
    {
        Identities = options.Certificates,
        RootFiles = options.ClientRootFiles,
        CrlFiles = options.CrlFiles,
        IsOpenSsl = isOpenSsl,
        FindProblem = isOpenSsl ? OpenSslIdentity.FindProblem : static _ => null,
        FindListProblem = isOpenSsl ? OpenSslRevocationList.FindProblem : static _ => null,
        Purpose = IdentityPurpose.Server,
        OptionPath = optionPath,
    };

    /// <summary>Runs a handshake.</summary>
    /// <param name="connection">The connection, which belongs to the result if there is one, and otherwise to the caller.</param>
    /// <param name="windowSize">The most that one receive of the result hands out, in bytes.</param>
    /// <param name="cancellationToken">Gives up. The caller aborts the connection at the same time.</param>
    public async ValueTask<TlsResult> AcceptAsync(TransportConnection connection, int windowSize, CancellationToken cancellationToken)
    {
        var refusal = new PeerRefusal();
        OpenSslServerSide? side = null;
        TlsResult result;
        try
        {
            result = await TlsHandshake.AcceptAsync(connection, windowSize, hello => Select(connection, hello, refusal, out side), cancellationToken).ConfigureAwait(false);
        }
        catch (OpenSslException e)
        {
            return TlsResult.Failed(TlsFailure.Protocol, e.Message);
        }

        result.Tls?.Truncation = _options.Truncation;
        return refusal.Verdict is { IsAccepted: false } verdict && result.Failure == TlsFailure.Protocol ? TlsResult.Failed(verdict, "client") : result with { IsResumed = side?.IsResumed };
    }

    /// <summary>Loads the certificates and the ticket keys again, whether the files have changed or not, on the thread pool.</summary>
    /// <param name="cancellationToken">Cancels the wait. Loading continues.</param>
    /// <returns>The problems of files that cannot be used, once each: what was loaded before stays.</returns>
    public async Task<IReadOnlyList<string>> ReloadAsync(CancellationToken cancellationToken)
    {
        var certificates = CertificateWatch.ReloadAsync([Certificates], cancellationToken);
        var ticketKeys = _openSsl?.Tickets.ReloadAsync(cancellationToken) ?? Task.FromResult<string?>(null);
        await Task.WhenAll(certificates, ticketKeys).WaitAsync(cancellationToken).ConfigureAwait(false);
        return await ticketKeys.ConfigureAwait(false) is { } problem ? [.. await certificates.ConfigureAwait(false), problem] : await certificates.ConfigureAwait(false);
    }

    public void Dispose()
    {
        Certificates.Dispose();
        _openSsl?.Dispose();
    }

    private TlsSetup Select(TransportConnection connection, ClientHello? hello, PeerRefusal refusal, out OpenSslServerSide? side)
    {
        side = connection is EpollConnection ? _openSsl?.SideFor(Certificates.Current, hello?.ServerName, refusal) : null;
        return side is not null ? new OpenSslSetup(side) : new SslStreamSetup(SelectOptions(hello, refusal));
    }

    private SslServerAuthenticationOptions SelectOptions(ClientHello? hello, PeerRefusal refusal)
    {
        var current = Certificates.Current;
        var identity = current.Identities!.Select(hello?.ServerName);
        if (_options.ClientCertificates == ClientCertificateMode.None)
        {
            if (_anonymous.TryGetValue(identity, out var known))
            {
                return known;
            }

            // Those of identities that were replaced go with the next one.
            if (_anonymous.Count > 2 * current.Identities.All.Count)
            {
                _anonymous.Clear();
            }

            return _anonymous[identity] = Create(identity);
        }

        // For each handshake, as its policy has the time, and collects what the client sends.
        var verifier = new PeerVerifier(current.Roots, IdentityPurpose.Client, _clientNames, _timeProvider);
        var options = Create(identity);
        options.ClientCertificateRequired = true;

        // Sessions are shared by all listeners that have the certificate, whether they ask clients for one or not, and have no intermediates of the client: a resumed one does not verify.
        options.AllowTlsResume = false;
        options.CertificateChainPolicy = verifier.CreatePolicy();
        options.RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            (certificate is null && _options.ClientCertificates == ClientCertificateMode.Request) || refusal.Judge(verifier, certificate, chain);
        return options;
    }

    private SslServerAuthenticationOptions Create(TlsIdentity identity) => new()
    {
        ServerCertificateContext = identity.Context,
        EnabledSslProtocols = TlsText.VersionsFrom(_options.MinimumVersion),
        ApplicationProtocols = _protocols,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        AllowRenegotiation = false,
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
    };
}
