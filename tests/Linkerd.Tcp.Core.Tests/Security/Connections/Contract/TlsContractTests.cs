using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Connections;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Linkerd.Tcp.Transport.Sockets;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.Connections.Contract;

/// <summary>
/// What a connection with TLS must do, whatever makes it and whatever is below it, beside peers that others wrote. A provider is run through it by a class for each engine
/// and version that overrides <see cref="MakeAcceptor"/> and <see cref="MakeConnector"/>.
/// </summary>
public abstract partial class TlsContractTests(SslProtocols version) : ConformanceTests
{
    private protected const int Window = 32 * 1024;

    private protected SslProtocols Version => version;

    private protected bool IsTls13 => version == SslProtocols.Tls13;

    /// <summary>
    /// Whether a peer whose certificate is refused gets the alert of it. SslStream verifies after the handshake of OpenSSL, and sends none (measured with .NET 10.0).
    /// </summary>
    private protected virtual bool SendsAlertsToRefusedPeers => false;

    /// <summary>Whether a renegotiation of TLS 1.2 is refused by a warning, and not by the end of the session.</summary>
    private protected virtual bool KeepsSessionAtRenegotiation => false;

    private protected virtual TlsAcceptor MakeAcceptor(ListenerTlsOptions options) => new(options, TlsMaterial.Services, "Tls.");

    private protected virtual TlsConnector MakeConnector(ServerTlsOptions options, DstPath name) => new(options, name, new CertificateStore(TlsMaterial.Services), "Tls.");

    private protected static Task RunOnAsync(ITransport engine, Func<TransportBed, Task> test) => RunOnAsync(engine, test, TimeSpan.FromSeconds(60));

    private protected static async Task RunOnAsync(ITransport engine, Func<TransportBed, Task> test, TimeSpan limit)
    {
        await using var bed = new SocketBed(IPAddress.Loopback, engine);
        await test(bed).WaitAsync(limit, Cancelled);
    }

    /// <summary>A handshake in which this side is the server, or the client, that succeeds.</summary>
    private protected Task<TlsSession> SessionAsync(TransportBed bed, bool weServe, TlsTruncation truncation = TlsTruncation.Pass) =>
        weServe ? ServeAsync(bed, options => options.Truncation = truncation) : ConnectAsync(bed, options => options.Truncation = truncation);

    private protected async Task<TlsSession> ServeAsync(TransportBed bed, Action<ListenerTlsOptions>? configure = null, Action<SslClientAuthenticationOptions>? configureForeign = null)
    {
        var serving = await BeginServeAsync(bed, configure);
        var error = await Record.ExceptionAsync(() => serving.Foreign.Tls.AuthenticateAsClientAsync(ForeignClient(configureForeign), Cancelled));
        Assert.True(error is null, $"The foreign client: {error}");
        var result = await serving.Result;
        Assert.True(result.Connection is not null, result.Detail);
        return new(bed.Own(result.Connection), serving.Foreign, serving.Below);
    }

    private protected async Task<TlsSession> ConnectAsync(TransportBed bed, Action<ServerTlsOptions>? configure = null, Action<SslServerAuthenticationOptions>? configureForeign = null, EndpointMetadata? metadata = null)
    {
        var connecting = await BeginConnectAsync(bed, configure, metadata);
        var error = await Record.ExceptionAsync(() => connecting.Foreign.Tls.AuthenticateAsServerAsync(ForeignServer(configureForeign), Cancelled));
        Assert.True(error is null, $"The foreign server: {error}");
        var result = await connecting.Result;
        Assert.True(result.IsConnected, result.Detail);
        return new(bed.Own(result.Connection), connecting.Foreign, connecting.Below);
    }

    /// <summary>This side waits for a ClientHello.</summary>
    private protected async Task<TlsAttempt<TlsResult>> BeginServeAsync(TransportBed bed, Action<ListenerTlsOptions>? configure = null, int maxReceive = int.MaxValue, CancellationToken cancellationToken = default)
    {
        var (connected, accepted) = await bed.PairAsync();
        var below = BelowTls(accepted, maxReceive);
        return new(AcceptAsync(below, configure, cancellationToken), new ForeignPeer(connected, maxReceive), below);
    }

    /// <summary>This side sends a ClientHello.</summary>
    private protected async Task<TlsAttempt<ConnectResult>> BeginConnectAsync(
        TransportBed bed, Action<ServerTlsOptions>? configure = null, EndpointMetadata? metadata = null, string? clientName = null, string? clientProtocol = null, int maxReceive = int.MaxValue, CancellationToken cancellationToken = default)
    {
        var options = new ServerTlsOptions { ServerName = "a.test", RootFiles = [TlsMaterial.RootFile] };
        configure?.Invoke(options);
        var (connected, accepted) = await bed.PairAsync();
        var below = BelowTls(connected, maxReceive);
        using var connector = MakeConnector(options, DstPath.Parse("/svc/web"));
        var connecting = connector.ConnectAsync(below, metadata, clientName, clientProtocol, Window, Timeout.InfiniteTimeSpan, cancellationToken).AsTask();
        return new(connecting, new ForeignPeer(accepted, maxReceive), below);
    }

    private protected async Task<TlsResult> AcceptAsync(TransportConnection connection, Action<ListenerTlsOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        var options = new ListenerTlsOptions { Certificates = [TlsMaterial.Files("ok"), TlsMaterial.Files("rsa"), TlsMaterial.Files("wildcard")] };
        configure?.Invoke(options);
        using var acceptor = MakeAcceptor(options);
        return await acceptor.AcceptAsync(connection, Window, cancellationToken);
    }

    private protected SslClientAuthenticationOptions ForeignClient(Action<SslClientAuthenticationOptions>? configure = null)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = "a.test", EnabledSslProtocols = version, RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null };
        configure?.Invoke(options);
        return options;
    }

    private protected SslServerAuthenticationOptions ForeignServer(Action<SslServerAuthenticationOptions>? configure = null)
    {
        var options = new SslServerAuthenticationOptions { ServerCertificateContext = TlsMaterial.Context("ok"), EnabledSslProtocols = version };
        configure?.Invoke(options);
        return options;
    }

    private protected static string? ProtocolOf(TransportConnection connection) => ITlsSession.Of(connection)!.Details.ApplicationProtocol;

    private protected static bool IsClosed(TransportConnection below) => below is TapConnection { IsDisposed: true } or EpollConnection { IsClosed: true };

    /// <summary>What TLS is over. A provider that needs the engine's own connection gets it.</summary>
    private protected virtual TransportConnection BelowTls(TransportConnection connection, int maxReceive = int.MaxValue) => new TapConnection(connection) { MaxReceive = maxReceive };

    private protected sealed record TlsSession(TransportConnection Ours, ForeignPeer Foreign, TransportConnection Below)
    {
        public void Deconstruct(out TransportConnection ours, out ForeignPeer foreign) => (ours, foreign) = (Ours, Foreign);
    }

    private protected sealed record TlsAttempt<T>(Task<T> Result, ForeignPeer Foreign, TransportConnection Below)
    {
        public bool IsClosed => TlsContractTests.IsClosed(Below);
    }
}

public abstract class EpollTlsContractTests(SslProtocols version) : SslStreamContractTests(version)
{
    protected override Task RunAsync(Func<TransportBed, Task> test) => RunOnAsync(new EpollTransport(new TransportOptions { Loops = 2 }), test);
}

public abstract class SocketsTlsContractTests(SslProtocols version) : SslStreamContractTests(version)
{
    protected override Task RunAsync(Func<TransportBed, Task> test) => RunOnAsync(new SocketsTransport(), test);
}

public abstract class SimulatedTlsContractTests(SslProtocols version) : SslStreamContractTests(version)
{
    private protected override int Bulk => 1 << 20;

    protected override Task RunAsync(Func<TransportBed, Task> test)
    {
        SimulatedBed.Run(seeds: 2, test);
        return Task.CompletedTask;
    }
}

public sealed class EpollTls13ContractTests() : EpollTlsContractTests(SslProtocols.Tls13);

public sealed class EpollTls12ContractTests() : EpollTlsContractTests(SslProtocols.Tls12);

public sealed class SocketsTls13ContractTests() : SocketsTlsContractTests(SslProtocols.Tls13);

public sealed class SocketsTls12ContractTests() : SocketsTlsContractTests(SslProtocols.Tls12);

public sealed class SimulatedTls13ContractTests() : SimulatedTlsContractTests(SslProtocols.Tls13);

public sealed class SimulatedTls12ContractTests() : SimulatedTlsContractTests(SslProtocols.Tls12);
