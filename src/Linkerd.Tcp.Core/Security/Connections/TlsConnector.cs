using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Security.OpenSsl;
using Linkerd.Tcp.Security.Options;
using Linkerd.Tcp.Security.Providers;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;

namespace Linkerd.Tcp.Security.Connections;

/// <summary>Runs the handshakes with the servers of a destination, with the certificates that are current when each begins. Members may be called from any thread.</summary>
internal sealed class TlsConnector : IDisposable
{
    private readonly ServerTlsOptions _options;
    private readonly DstPath _name;
    private readonly TimeProvider _timeProvider;
    private readonly PeerName[] _expected;
    private readonly CertificateStore.CertificateUse _certificates;
    private readonly TlsInstruments? _instruments;
    private readonly string? _openSslOption;
    private readonly OpenSslClient? _openSsl;

    /// <summary>Loads the certificates, on the thread of the caller, unless another destination has the same.</summary>
    /// <param name="options">The options, validated; not changed any more.</param>
    /// <param name="name">The name of the destination.</param>
    /// <param name="store">Has the certificates.</param>
    /// <param name="optionPath">The path of the options, with a dot, for errors.</param>
    /// <param name="instruments">The metrics; null: none.</param>
    /// <exception cref="Primitives.InvalidOptionsException">Files cannot be used.</exception>
    public TlsConnector(ServerTlsOptions options, DstPath name, CertificateStore store, string optionPath, TlsInstruments? instruments = null)
    {
        _instruments = instruments;
        _options = options;
        _openSslOption = options.OpenSslOptions.FirstOrDefault();
        _name = name;
        _timeProvider = store.Services.TimeProvider;
        _expected = TlsText.ParseNames(options.ExpectedNames);
        var isOpenSsl = TlsProvider.Of(options.Provider).IsOpenSsl;
        _certificates = store.Acquire(TlsClientOptions.SourcesOf(options, optionPath, isOpenSsl));
        try
        {
            _openSsl = isOpenSsl ? new OpenSslClient(options, Certificates.Current, _timeProvider, optionPath) : null;
        }
        catch
        {
            _certificates.Dispose();
            throw;
        }
    }

    /// <summary>Gets a value that indicates whether the certificates of servers are verified.</summary>
    public bool IsVerified => !_options.SkipVerification;

    /// <summary>Gets a value that indicates whether handshakes depend on the client.</summary>
    public bool DependsOnClient => _options.DependsOnClient;

    /// <summary>Gets the certificates.</summary>
    public CertificateWatch Certificates => _certificates.Watch;

    /// <summary>Gets a value that indicates whether each handshake is preceded by an SSLRequest of PostgreSQL.</summary>
    public bool UsesPostgresRequest => _options.UsePostgresSslRequest;

    /// <summary>Runs a handshake.</summary>
    /// <param name="connection">The connection. It is closed if the result has none.</param>
    /// <param name="metadata">The metadata of the endpoint; null if it has none.</param>
    /// <param name="serverName">The server name of the client; null if there is none.</param>
    /// <param name="protocol">The application protocol that was negotiated with the client; null if there is none.</param>
    /// <param name="windowSize">The most that one receive of the result hands out, in bytes.</param>
    /// <param name="timeout">The time that the handshake has.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<ConnectResult> ConnectAsync(
        TransportConnection connection, EndpointMetadata? metadata, string? serverName, string? protocol, int windowSize, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            var result = await HandshakeAsync(connection, metadata, serverName, protocol, windowSize, timeout, cancellationToken).ConfigureAwait(false);
            if (!result.IsConnected)
            {
                await ForeignConnection.CloseAsync(connection).ConfigureAwait(false);
            }

            return result;
        }
        catch
        {
            await ForeignConnection.ResetAsync(connection).ConfigureAwait(false);
            throw;
        }
    }

    public void Dispose() => _certificates.Dispose();

    // An address of IPv6 has brackets if there is a port.
    private static string? NameOf(string? authority)
    {
        if (authority is null)
        {
            return null;
        }

        var colon = authority.LastIndexOf(':');
        var hasPort = colon > 0 && (authority.IndexOf(':', StringComparison.Ordinal) == colon || authority[colon - 1] == ']');
        return AddressLiteral.WithoutBrackets(hasPort ? authority.AsSpan(0, colon) : authority).ToString();
    }

    private async ValueTask<ConnectResult> HandshakeAsync(
        TransportConnection connection, EndpointMetadata? metadata, string? serverName, string? protocol, int windowSize, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_openSslOption is not null && connection is not EpollConnection)
        {
            // Such as that of Destination.ConnectAsync. Without the option, as one of revocation, it would be another handshake.
            return Fail("provider", ConnectFailure.Tls, $"{_openSslOption} needs the epoll transport with the OpenSSL provider; the connection is none of its event loops");
        }

        var name = ServerNameTemplate.Expand(_options.ServerName, _name, serverName) ?? metadata?.Host ?? NameOf(metadata?.Authority);
        if (name is null && _expected.Length == 0 && !_options.SkipVerification)
        {
            return Fail("name", ConnectFailure.Tls, "there is no name to verify: neither the options nor the endpoint have one");
        }

        PeerName[] names = _expected.Length > 0 || _options.SkipVerification ? _expected : PeerName.TryParse(name, out var parsed) ? [parsed] : [];
        if (names.Length == 0 && !_options.SkipVerification)
        {
            return Fail("name", ConnectFailure.Tls, $"there is no name to verify: '{name}' is no host name");
        }

        var refusal = new PeerRefusal();
        TlsSetup setup;
        OpenSslClientSide? side;
        try
        {
            setup = Select(connection, name, names, _options.UseClientApplicationProtocol ? protocol is null ? [] : [protocol] : _options.ApplicationProtocols, refusal, out side);
        }
        catch (OpenSslException e)
        {
            return Fail("certificate", ConnectFailure.Tls, e.Message);
        }

        using var deadline = timeout == Timeout.InfiniteTimeSpan ? new CancellationTokenSource() : new CancellationTokenSource(timeout, _timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        using var registration = either.Token.UnsafeRegister(static connection => ForeignConnection.TryAbort((TransportConnection)connection!), connection);
        var startedAt = _timeProvider.GetTimestamp();
        TlsResult result;
        _instruments?.Begin();
        try
        {
            result = await TlsHandshake.ConnectAsync(connection, windowSize, setup, either.Token).ConfigureAwait(false);
        }
        finally
        {
            _instruments?.End();
        }

        if (result.Tls is { } session)
        {
            _instruments?.Succeeded(session.Details.VersionWord, side?.IsResumed, _timeProvider.GetElapsedTime(startedAt));
            session.Instruments = _instruments;
            session.Truncation = _options.Truncation;
            return ConnectResult.Connected(result.Connection!);
        }

        // A RST behind an alert could overtake it.
        if (result.Failure != TlsFailure.Protocol)
        {
            ForeignConnection.TryAbort(connection);
        }

        return refusal.Verdict is { IsAccepted: false } verdict && TlsResult.Failed(verdict, "server") is var refused ? Fail(refused.Cause, ConnectFailure.Tls, refused.Detail)
            : cancellationToken.IsCancellationRequested ? Fail("cancelled", ConnectFailure.Cancelled, result.Detail)
            : deadline.IsCancellationRequested ? Fail("timeout", ConnectFailure.TimedOut, "the TLS handshake took too long")
            : Fail(result.Cause, ConnectFailure.Tls, result.Detail);
    }

    private TlsSetup Select(TransportConnection connection, string? name, PeerName[] names, IReadOnlyList<string> protocols, PeerRefusal refusal, out OpenSslClientSide? side)
    {
        var current = Certificates.Current;
        side = connection is EpollConnection ? _openSsl?.SideFor(current, connection.RemoteEndPoint, name, names, protocols, refusal) : null;
        if (side is not null)
        {
            return new OpenSslSetup(side);
        }

        var options = TlsClientOptions.Create(_options, current, name, names, _timeProvider, refusal);
        options.ApplicationProtocols = TlsText.ProtocolsOf(protocols);
        return new SslStreamSetup(options);
    }

    private ConnectResult Fail(string cause, ConnectFailure failure, string? detail)
    {
        _instruments?.Failed(cause);
        return ConnectResult.Failed(failure, detail);
    }
}
