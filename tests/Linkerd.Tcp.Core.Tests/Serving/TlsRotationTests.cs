using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Tests.Diagnostics;
using Linkerd.Tcp.Tests.Security.Certificates;
using Linkerd.Tcp.Tests.Security.Connections.Contract;
using Linkerd.Tcp.TestUtilities.Certificates;
using Linkerd.Tcp.TestUtilities.Files;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>Certificate files that change under a proxy and a registry that run: real files, and the real clock.</summary>
public sealed class TlsRotationTests : IAsyncDisposable
{
    private const int Kept = 6103;
    private const int Expired = 6105;
    private const int TicketKeysLoaded = 6109;
    private const int TicketKeysKept = 6110;
    private static readonly DstPath Name = DstPath.Parse("/svc/web");
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly List<IAsyncDisposable> _owned = [];
    private readonly LogRecorder _log = new();
    private readonly Meter _meter = new("test");
    private readonly MeterRecorder _metrics;

    public TlsRotationTests() => _metrics = new(_meter);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReloadCertificatesAsync_NewFiles_AreServedByTheNextHandshake()
    {
        using var folder = new CertificateFolder(Replacement.Rename, Valid());
        var proxy = await StartAsync(folder.Files);
        using var before = await ConnectAsync(proxy.LocalEndPoints[0]);
        var next = folder.Replace(Valid());

        Assert.Empty(await proxy.ReloadCertificatesAsync(Cancelled));

        using var after = await ConnectAsync(proxy.LocalEndPoints[0]);
        Assert.Equal(next, ThumbprintOf(after));
        Assert.NotEqual(next, ThumbprintOf(before));
        await before.WriteAsync(new byte[] { 1 }, Cancelled);
        Assert.Equal(1, await before.ReadAsync(new byte[9], Cancelled).AsTask().WaitAsync(Limit, Cancelled));
    }

    [Fact]
    public async Task ReloadCertificatesAsync_KeyDoesNotFit_IsReturnedLoggedAndCountedAndTheOldPairServes()
    {
        using var folder = new CertificateFolder(Replacement.Rename, Valid());
        var proxy = await StartAsync(folder.Files);
        using var before = await ConnectAsync(proxy.LocalEndPoints[0]);
        folder.Put("tls.key", Recorded.EcKey);

        var problem = Assert.Single(await proxy.ReloadCertificatesAsync(Cancelled));

        Assert.StartsWith($"{folder.Files.KeyFile}: the key (ECDSA) does not fit", problem, StringComparison.Ordinal);
        Assert.Contains(problem, Assert.Single(_log.Entries, static entry => entry is (LogLevel.Error, Kept, _)).Message, StringComparison.Ordinal);
        Assert.Equal(1, _metrics.Count($"linkerd.tcp.certificate.failures{{certificate={folder.Files.CertificateFile},cause=mismatch}}"));
        using var after = await ConnectAsync(proxy.LocalEndPoints[0]);
        Assert.Equal(ThumbprintOf(before), ThumbprintOf(after));
    }

    [Fact]
    public async Task ReloadCertificatesAsync_SameFilesInTwoListeners_ReturnsAProblemOnce()
    {
        using var folder = new CertificateFolder(Replacement.Rename, Valid());
        var proxy = await StartAsync(folder.Files);
        await proxy.AddListenerAsync(Listener(folder.Files), Cancelled);
        folder.Put("tls.crt", "nothing");

        Assert.Single(await proxy.ReloadCertificatesAsync(Cancelled));
    }

    [Fact]
    public async Task ReloadCertificatesAsync_TicketKeys_AreReadAgainAndBadOnesReturnedAndLogged()
    {
        Assert.SkipUnless(OpenSslLibrary.Problem is null, $"libssl does not load: {OpenSslLibrary.Problem}");
        using var folder = new CertificateFolder(Replacement.Rename, Valid());
        var file = folder.Directory["tickets.key"];
        await File.WriteAllBytesAsync(file, RandomNumberGenerator.GetBytes(80), Cancelled);
        var proxy = await StartAsync(folder.Files, file);
        await File.WriteAllBytesAsync(file, RandomNumberGenerator.GetBytes(160), Cancelled);

        Assert.Empty(await proxy.ReloadCertificatesAsync(Cancelled));
        Assert.Contains($"{file}: 2 keys", Assert.Single(_log.Entries, static entry => entry is (LogLevel.Information, TicketKeysLoaded, _)).Message, StringComparison.Ordinal);

        await File.WriteAllBytesAsync(file, new byte[7], Cancelled);
        var problem = Assert.Single(await proxy.ReloadCertificatesAsync(Cancelled));
        Assert.Equal($"{file}: it has 7 bytes; keys of 80 bytes each were expected (make one: openssl rand 80 > FILE)", problem);
        Assert.Contains(problem, Assert.Single(_log.Entries, static entry => entry is (LogLevel.Error, TicketKeysKept, _)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReloadCertificatesAsync_NothingToLoad_ReturnsNothing()
    {
        var registry = new DestinationRegistry(new StaticResolver(new IPEndPoint(IPAddress.Loopback, 1)));
        var proxy = new TcpProxy(new TcpProxyOptions { Listeners = [new(new IPEndPoint(IPAddress.Loopback, 0), Name)] }, registry);
        Assert.Empty(await proxy.ReloadCertificatesAsync(Cancelled));
        await proxy.StartAsync(Cancelled);
        Assert.Empty(await proxy.ReloadCertificatesAsync(Cancelled));
        Assert.Empty(await registry.ReloadCertificatesAsync(Cancelled));
        await proxy.DisposeAsync();
        await registry.DisposeAsync();
        Assert.Empty(await proxy.ReloadCertificatesAsync(Cancelled));
        Assert.Empty(await registry.ReloadCertificatesAsync(Cancelled));
    }

    [Fact]
    public async Task ReloadCertificatesAsync_RootsOfADestination_VerifyTheNextHandshake()
    {
        using var folder = new TemporaryDirectory();
        var file = folder["roots.pem"];
        File.Copy(TlsMaterial.StrangerFile, file);
        using var server = new TlsEcho("ok");
        var tls = new ServerTlsOptions { ServerName = "a.test", RootFiles = [file] };
        await using var registry = new DestinationRegistry(
            _ => new DestinationOptions { Resolver = new StaticResolver(server.EndPoint), Tls = tls, Connect = new() { MaxAttempts = 1 } }, _log);
        var destination = registry.Get(Name);
        await Assert.ThrowsAsync<ConnectException>(async () => await destination.ConnectAsync(cancellationToken: Cancelled));
        File.Copy(TlsMaterial.RootFile, file, overwrite: true);

        Assert.Empty(await registry.ReloadCertificatesAsync(Cancelled));

        await using (await destination.ConnectAsync(cancellationToken: Cancelled))
        {
        }

        await File.WriteAllTextAsync(file, "nothing", Cancelled);
        Assert.StartsWith($"{file}: ", Assert.Single(await registry.ReloadCertificatesAsync(Cancelled)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_CertificateHasExpired_ServesItAndSaysSoLoudly()
    {
        using var folder = new CertificateFolder(Replacement.Rename, Valid() with { Until = DateTimeOffset.UtcNow.AddHours(-1) });
        var proxy = await StartAsync(folder.Files);
        using var client = await ConnectAsync(proxy.LocalEndPoints[0]);
        Assert.Contains("EXPIRED on", Assert.Single(_log.Entries, static entry => entry is (LogLevel.Error, Expired, _)).Message, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        _owned.Reverse();
        foreach (var owned in _owned)
        {
            await owned.DisposeAsync();
        }

        _metrics.Dispose();
        _meter.Dispose();
    }

    private static TestCertificate Valid() => new("a.example") { From = DateTimeOffset.UtcNow.AddDays(-3), Until = DateTimeOffset.UtcNow.AddDays(100) };

    private static string ThumbprintOf(SslStream client) => ((X509Certificate2)client.RemoteCertificate!).GetCertHashString(HashAlgorithmName.SHA256);

    private static ListenerOptions Listener(CertificateFiles files, string? ticketKeys = null) =>
        new(new IPEndPoint(IPAddress.Loopback, 0), Name) { Tls = new ListenerTlsOptions { Certificates = [files], TicketKeyFile = ticketKeys } };

    private static async Task<SslStream> ConnectAsync(EndPoint proxy)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(proxy, Cancelled);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var options = new SslClientAuthenticationOptions { TargetHost = "a.example", RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null };
        await tls.AuthenticateAsClientAsync(options, Cancelled).WaitAsync(Limit, Cancelled);
        return tls;
    }

    private async Task<TcpProxy> StartAsync(CertificateFiles files, string? ticketKeys = null)
    {
        var server = new TlsEcho(null);
        var registry = new DestinationRegistry(new StaticResolver(server.EndPoint));
        _owned.Add(registry);
        var transport = TransportFactory.Create(new TransportOptions { Engine = TransportEngine.Epoll, Loops = 1 });
        _owned.Add(transport);
        var proxy = new TcpProxy(new TcpProxyOptions { Listeners = [Listener(files, ticketKeys)] }, registry, transport, _log, _meter);
        _owned.Add(proxy);
        await proxy.StartAsync(Cancelled);
        return proxy;
    }
}
