using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities.Files;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.Connections.Contract;

public abstract partial class TlsContractTests
{
    private const int NoApplicationProtocol = 120;
    private const int ProtocolVersion = 70;

    [Theory]
    [InlineData("a.test", "ok")]
    [InlineData("A.TEST", "ok")]
    [InlineData("rsa.test", "rsa")]
    [InlineData("any.wild.test", "wildcard")]
    [InlineData("two.labels.wild.test", "ok")]
    [InlineData("unknown.test", "ok")]
    [InlineData("192.0.2.1", "ok")]
    [InlineData("", "ok")]
    public Task Accept_ServerName_SelectsTheIdentity(string name, string expected) => RunAsync(async bed =>
    {
        var (ours, foreign) = await ServeAsync(bed, configureForeign: client => client.TargetHost = name);
        Assert.Equal(TlsMaterial.SubjectOf(expected), ((X509Certificate2)foreign.Tls.RemoteCertificate!).Subject);
        Assert.Equal(Version, foreign.Tls.SslProtocol);
        await PingAsync(ours, foreign);
    });

    [Fact]
    public Task Accept_ClientHelloInManyRecords_IsRead() => RunAsync(async bed =>
    {
        // Other clients cut a hello into records (RFC 8446, 5.1), and the name may be in any.
        var attempt = await BeginServeAsync(bed);
        attempt.Foreign.Wire.Hold();
        var handshake = attempt.Foreign.Tls.AuthenticateAsClientAsync(ForeignClient(client => client.TargetHost = "rsa.test"), Cancelled);
        var hello = attempt.Foreign.Wire.TakeHeld().AsMemory()[5..];
        for (; hello.Length > 0; hello = hello[Math.Min(40, hello.Length)..])
        {
            var part = hello[..Math.Min(40, hello.Length)];
            await attempt.Foreign.Raw.SendAllAsync((byte[])[22, 3, 1, 0, (byte)part.Length, .. part.Span]);
        }

        Assert.True(await Record.ExceptionAsync(() => handshake) is null, "The foreign client is refused.");
        Assert.NotNull((await attempt.Result).Connection);
        bed.Own((await attempt.Result).Connection!);
        Assert.Equal(TlsMaterial.SubjectOf("rsa"), ((X509Certificate2)attempt.Foreign.Tls.RemoteCertificate!).Subject);
    });

    [Theory]
    [InlineData("ok")]
    [InlineData("rsa")]
    public Task Connect_KeyTypeOfTheServer_IsVerified(string certificate) => RunAsync(async bed =>
    {
        var (ours, foreign) = await ConnectAsync(
            bed, options => options.ServerName = certificate == "rsa" ? "rsa.test" : "a.test", server => server.ServerCertificateContext = TlsMaterial.Context(certificate));
        Assert.Equal(Version, foreign.Tls.SslProtocol);
        await PingAsync(ours, foreign);
    });

    [Theory]
    [InlineData("h2,http/1.1", "http/1.1,h2", "h2")]
    [InlineData("http/1.1", "h2,http/1.1", "http/1.1")]
    [InlineData("h2", "", null)]
    [InlineData("", "h2", null)]
    public Task Accept_ApplicationProtocols_OursArePreferred(string ours, string theirs, string? expected) => RunAsync(async bed =>
    {
        var (connection, foreign) = await ServeAsync(bed, options => options.ApplicationProtocols = Split(ours), client => client.ApplicationProtocols = Protocols(theirs));
        Assert.Equal((expected, expected ?? string.Empty), (ProtocolOf(connection), foreign.Tls.NegotiatedApplicationProtocol.ToString()));
    });

    [Fact]
    public Task Accept_NoApplicationProtocolInCommon_ClientGetsTheAlert() => RunAsync(async bed =>
    {
        var attempt = await BeginServeAsync(bed, options => options.ApplicationProtocols = ["h2"]);
        var error = await Record.ExceptionAsync(() => attempt.Foreign.Tls.AuthenticateAsClientAsync(ForeignClient(client => client.ApplicationProtocols = Protocols("imap")), Cancelled));
        Assert.NotNull(error);
        await ExpectRefusalAsync(attempt, NoApplicationProtocol);
    });

    [Theory]
    [InlineData("h2,http/1.1", false, null, "http/1.1,h2", "http/1.1")]
    [InlineData("h2", true, "imap", "h2,imap", "imap")]
    [InlineData("h2", true, null, "h2", null)]
    [InlineData("h2", false, null, "", null)]
    public Task Connect_ApplicationProtocols_AreOffered(string offered, bool usesClients, string? clients, string theirs, string? expected) => RunAsync(async bed =>
    {
        var attempt = await BeginConnectAsync(
            bed,
            options =>
            {
                options.ApplicationProtocols = Split(offered);
                options.UseClientApplicationProtocol = usesClients;
            },
            clientProtocol: clients);
        await attempt.Foreign.Tls.AuthenticateAsServerAsync(ForeignServer(server => server.ApplicationProtocols = Protocols(theirs)), Cancelled);
        var result = await attempt.Result;
        Assert.True(result.IsConnected, result.Detail);
        bed.Own(result.Connection);
        Assert.Equal((expected, expected ?? string.Empty), (ProtocolOf(result.Connection), attempt.Foreign.Tls.NegotiatedApplicationProtocol.ToString()));
    });

    [Fact]
    public Task Accept_VersionBelowTheMinimum_ClientGetsTheAlert() => RunAsync(async bed =>
    {
        var attempt = await BeginServeAsync(bed, options => options.MinimumVersion = IsTls13 ? TlsVersion.Tls12 : TlsVersion.Tls13);
        if (IsTls13)
        {
            // A hello of TLS 1.1, which the library of the foreign client does not make.
            var hello = await HelloAsync(bed);
            await attempt.Foreign.Raw.SendAllAsync(OldHello);
            Assert.NotEmpty(hello);
            await attempt.Foreign.ReadEndOfTcpAsync();
        }
        else
        {
            Assert.NotNull(await Record.ExceptionAsync(() => attempt.Foreign.Tls.AuthenticateAsClientAsync(ForeignClient(), Cancelled)));
        }

        await ExpectRefusalAsync(attempt, ProtocolVersion);
    });

    [Fact]
    public Task Connect_VersionBelowTheMinimum_IsAFailureWithItsCause() => RunAsync(async bed =>
    {
        if (IsTls13)
        {
            // The highest version is below no minimum.
            var highest = await BeginConnectAsync(bed, options => options.MinimumVersion = TlsVersion.Tls13);
            await highest.Foreign.Tls.AuthenticateAsServerAsync(ForeignServer(), Cancelled);
            bed.Own((await highest.Result).Connection!);
            return;
        }

        var attempt = await BeginConnectAsync(bed, options => options.MinimumVersion = TlsVersion.Tls13);
        Assert.NotNull(await Record.ExceptionAsync(() => attempt.Foreign.Tls.AuthenticateAsServerAsync(ForeignServer(), Cancelled)));
        var result = await attempt.Result;
        Assert.Equal(ConnectFailure.Tls, result.Failure);
        Assert.Contains("protocol version", result.Detail, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(ClientCertificateMode.None, null, null, null)]
    [InlineData(ClientCertificateMode.None, "unknown root", null, null)]
    [InlineData(ClientCertificateMode.Request, null, null, null)]
    [InlineData(ClientCertificateMode.Request, "ok", null, null)]
    [InlineData(ClientCertificateMode.Request, "expired", null, "expired on")]
    [InlineData(ClientCertificateMode.Request, "unknown root", null, "unknown authority")]
    [InlineData(ClientCertificateMode.Request, "self-signed", null, "its own issuer")]
    [InlineData(ClientCertificateMode.Require, null, null, "it sent no certificate")]
    [InlineData(ClientCertificateMode.Require, "ok", null, null)]
    [InlineData(ClientCertificateMode.Require, "rsa", "b.test,rsa.test", null)]
    [InlineData(ClientCertificateMode.Require, "ok", "b.test", "no name of the certificate matches b.test")]
    [InlineData(ClientCertificateMode.Require, "expired", null, "expired on")]
    [InlineData(ClientCertificateMode.Require, "unknown root", null, "unknown authority")]
    [InlineData(ClientCertificateMode.Require, "self-signed", null, "its own issuer")]
    [InlineData(ClientCertificateMode.Require, "spiffe", "spiffe://example.org/*", null)]
    [InlineData(ClientCertificateMode.Require, "spiffe", "spiffe://example.org/db", "no name of the certificate matches spiffe://example.org/db")]
    public Task Accept_ClientCertificate_ByMode(ClientCertificateMode mode, string? certificate, string? names, string? problem) => RunAsync(async bed =>
    {
        var attempt = await BeginServeAsync(bed, options =>
        {
            options.ClientCertificates = mode;
            options.ClientRootFiles = mode == ClientCertificateMode.None ? [] : [TlsMaterial.RootFile];
            options.ClientNames = Split(names ?? string.Empty);
        });
        var client = ForeignClient(client => client.ClientCertificateContext = certificate is null ? null : TlsMaterial.Context(certificate));
        var error = await Record.ExceptionAsync(() => attempt.Foreign.Tls.AuthenticateAsClientAsync(client, Cancelled));
        var result = await attempt.Result;
        if (problem is null)
        {
            Assert.True(error is null && result.Connection is not null, $"{result.Detail} {error}");
            await PingAsync(bed.Own(result.Connection), attempt.Foreign);
            return;
        }

        Assert.Equal((TlsFailure.Protocol, (TransportConnection?)null), (result.Failure, result.Connection));
        Assert.StartsWith("the client's certificate is refused: ", result.Detail, StringComparison.Ordinal);
        Assert.Contains(problem, result.Detail, StringComparison.Ordinal);
        Assert.Null(await ForeignConnection.CloseAsync(attempt.Below));

        // With TLS 1.3 the client is done before it is looked at.
        error ??= await Record.ExceptionAsync(async () => Assert.Empty((await attempt.Foreign.ReadToEndAsync()).Data));
        AssertRefused(error, attempt.Foreign);
    });

    [Theory]
    [InlineData("ok", "a.test", null, null)]
    [InlineData("rsa", "rsa.test", null, null)]
    [InlineData("ok", "A.Test.", null, null)]
    [InlineData("wildcard", "b.wild.test", null, null)]
    [InlineData("expired", "a.test", null, "expired on")]
    [InlineData("wrong name", "a.test", null, "no name of the certificate matches a.test: it is for other.test")]
    [InlineData("unknown root", "a.test", null, "unknown authority")]
    [InlineData("self-signed", "a.test", null, "its own issuer")]
    [InlineData("address", "192.0.2.7", null, null)]
    [InlineData("address", "2001:db8::7", null, null)]
    [InlineData("address", "192.0.2.8", null, "no name of the certificate matches 192.0.2.8")]
    [InlineData("ok", "192.0.2.7", null, "no name of the certificate matches 192.0.2.7")]
    [InlineData("spiffe", null, "spiffe://example.org/web", null)]
    [InlineData("spiffe", "a.test", "spiffe://example.org/*", null)]
    [InlineData("spiffe", "a.test", "spiffe://example.org/db,b.test", "no name of the certificate matches spiffe://example.org/db or b.test")]
    [InlineData("ok", "unrelated.test", "a.test", null)]
    [InlineData("ok", "a.test", "b.test", "no name of the certificate matches b.test")]
    public Task Connect_ServerCertificate_IsVerified(string certificate, string? name, string? expectedNames, string? problem) => RunAsync(async bed =>
    {
        var attempt = await BeginConnectAsync(bed, options =>
        {
            options.ServerName = name;
            options.ExpectedNames = Split(expectedNames ?? string.Empty);
        });
        await ExpectVerdictAsync(bed, attempt, certificate, problem);
    });

    [Theory]
    [InlineData("{sni}", null, null, "A.test", "a.test")]
    [InlineData("{sni}", "a.test", null, null, "a.test")]
    [InlineData("{2}.wild.test", "a.test", null, null, "web.wild.test")]
    [InlineData(null, "a.test", "b.test", null, "a.test")]
    [InlineData(null, null, "a.test", null, "a.test")]
    [InlineData(null, null, "a.test:8443", null, "a.test")]
    [InlineData(null, null, "192.0.2.7:443", null, null)]
    [InlineData(null, null, "[2001:db8::7]:443", null, null)]
    public Task Connect_NameToVerify_IsOfTheOptionThenOfTheEndpoint(string? template, string? host, string? authority, string? clientName, string? expectedName) => RunAsync(async bed =>
    {
        var attempt = await BeginConnectAsync(bed, options => options.ServerName = template, new EndpointMetadata(host, authority), clientName);
        string? sent = null;
        var certificate = expectedName is null ? "address" : expectedName.EndsWith("wild.test", StringComparison.Ordinal) ? "wildcard" : "ok";
        var error = await Record.ExceptionAsync(() => attempt.Foreign.Tls.AuthenticateAsServerAsync(
            (_, hello, _, _) =>
            {
                sent = hello.ServerName;
                return new(ForeignServer(server => server.ServerCertificateContext = TlsMaterial.Context(certificate)));
            },
            null,
            Cancelled));
        var result = await attempt.Result;
        Assert.True(result.IsConnected, $"{result.Detail} {error}");
        Assert.Equal(expectedName ?? string.Empty, sent, ignoreCase: true);
        await PingAsync(bed.Own(result.Connection), attempt.Foreign);
    });

    [Theory]
    [InlineData(null, null)]
    [InlineData("{sni}", null)]
    [InlineData("{9}.test", null)]
    [InlineData(null, "not_/a name")]
    public Task Connect_NoNameToVerify_FailsAndSendsNothing(string? template, string? host) => RunAsync(async bed =>
    {
        var attempt = await BeginConnectAsync(bed, options => options.ServerName = template, new EndpointMetadata(host));
        var result = await attempt.Result;
        Assert.Equal(ConnectFailure.Tls, result.Failure);
        Assert.StartsWith("there is no name to verify", result.Detail, StringComparison.Ordinal);
        Assert.True(attempt.IsClosed);
        await attempt.Foreign.ReadEndOfTcpAsync();
        Assert.Equal(0, attempt.Foreign.Wire.Received.Length);
    });

    [Theory]
    [InlineData("self-signed", null)]
    [InlineData("expired", "b.test")]
    [InlineData("unknown root", "192.0.2.9")]
    public Task Connect_VerificationIsSkipped_AnyServerWillDo(string certificate, string? name) => RunAsync(async bed =>
    {
        var (ours, foreign) = await ConnectAsync(
            bed,
            options =>
            {
                options.ServerName = name;
                options.SkipVerification = true;
            },
            server => server.ServerCertificateContext = TlsMaterial.Context(certificate));
        await PingAsync(ours, foreign);
    });

    [Fact]
    public Task Connect_ServerWantsACertificate_ItIsSent() => RunAsync(async bed =>
    {
        var (ours, foreign) = await ConnectAsync(
            bed,
            options => options.Certificate = TlsMaterial.Files("spiffe"),
            server =>
            {
                server.ClientCertificateRequired = true;
                server.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null;
            });
        await PingAsync(ours, foreign);
        Assert.Equal(TlsMaterial.SubjectOf("spiffe"), foreign.Tls.RemoteCertificate!.Subject);
    });

    [Fact]
    public Task Connect_ServerRefusesOurCertificateAndCloses_IsNoNormalEnd() => RunAsync(async bed =>
    {
        var attempt = await BeginConnectAsync(bed, options => options.Certificate = TlsMaterial.Files("spiffe"));
        var server = ForeignServer(server =>
        {
            server.ClientCertificateRequired = true;
            server.RemoteCertificateValidationCallback = (_, _, _, _) => false;
        });
        Assert.NotNull(await Record.ExceptionAsync(() => attempt.Foreign.Tls.AuthenticateAsServerAsync(server, Cancelled)));
        attempt.Foreign.Raw.ShutdownSend();
        var result = await attempt.Result;

        // Whether this side is done before the server looks depends on the version, and on the server.
        Assert.Equal(ConnectFailure.Tls, result.Connection is { } connection && (await bed.Own(connection).ReceiveAsync()).Status != TransportStatus.Ok ? ConnectFailure.Tls : result.Failure);
    });

    [Fact]
    public Task Accept_SecondSessionOfAClient_IsResumed() => RunAsync(async bed =>
    {
        var name = $"r{Guid.NewGuid():N}.wild.test";
        using var acceptor = MakeAcceptor(new ListenerTlsOptions { Certificates = [TlsMaterial.Files("wildcard")] });
        var lengths = new List<long>();
        for (var i = 0; i < 2; i++)
        {
            var (connected, accepted) = await bed.PairAsync();
            var foreign = new ForeignPeer(connected);
            var accepting = acceptor.AcceptAsync(accepted, Window, CancellationToken.None).AsTask();
            await foreign.Tls.AuthenticateAsClientAsync(ForeignClient(client => client.TargetHost = name), Cancelled);
            var ours = bed.Own((await accepting).Connection!);

            // The tickets come before the first data.
            await PingAsync(ours, foreign);
            lengths.Add(foreign.Wire.Received.Length);
            Assert.Equal(TlsMaterial.SubjectOf("wildcard"), foreign.Tls.RemoteCertificate!.Subject);
        }

        // A resumed handshake sends no certificates.
        Assert.InRange(lengths[1], 0, lengths[0] - 600);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Accept_ResumedWithAClientCertificate_IsVerifiedAgain(bool isRevoked) => RunAsync(async bed =>
    {
        // The second listener has the same certificate and other roots: it must not take the first one's word.
        var name = $"r{Guid.NewGuid():N}.wild.test";
        ListenerTlsOptions Options(string root) => new() { Certificates = [TlsMaterial.Files("wildcard")], ClientCertificates = ClientCertificateMode.Require, ClientRootFiles = [root] };
        using var first = MakeAcceptor(Options(TlsMaterial.RootFile));
        using var second = MakeAcceptor(Options(isRevoked ? TlsMaterial.StrangerFile : TlsMaterial.RootFile));
        var context = TlsMaterial.Context("ok");
        for (var i = 0; i < 3; i++)
        {
            var (connected, accepted) = await bed.PairAsync();
            var foreign = new ForeignPeer(connected);
            var accepting = (i < 2 ? first : second).AcceptAsync(accepted, Window, CancellationToken.None).AsTask();
            var client = ForeignClient(client =>
            {
                client.TargetHost = name;
                client.ClientCertificateContext = context;
            });
            await Record.ExceptionAsync(() => foreign.Tls.AuthenticateAsClientAsync(client, Cancelled));
            var result = await accepting;
            if (i == 2 && isRevoked)
            {
                Assert.StartsWith("the client's certificate is refused: ", result.Detail, StringComparison.Ordinal);
                return;
            }

            Assert.True(result.Connection is not null, $"{i}: {result.Detail}");
            await PingAsync(bed.Own(result.Connection), foreign);
        }
    });

    [Fact]
    public Task Connect_SecondSessionToAServer_IsResumedAndVerified() => RunAsync(async bed =>
    {
        var name = $"r{Guid.NewGuid():N}.wild.test";
        var server = ForeignServer(server => server.ServerCertificateContext = TlsMaterial.Context("wildcard"));
        var lengths = new List<long>();
        var (listener, handler) = await bed.ListenAsync();
        using (var connector = MakeConnector(new() { ServerName = name, RootFiles = [TlsMaterial.RootFile] }, WebName))
        {
            for (var i = 0; i < 2; i++)
            {
                // Both have the same address.
                var connected = await bed.ConnectAsync(listener.LocalEndPoint, new TransportConnectOptions());
                var accepted = bed.Own(await handler.NextAsync());
                var foreign = new ForeignPeer(accepted);
                var connecting = connector.ConnectAsync(BelowTls(connected), null, null, null, Window, Timeout.InfiniteTimeSpan, CancellationToken.None).AsTask();
                await foreign.Tls.AuthenticateAsServerAsync(server, Cancelled);
                var result = await connecting;
                Assert.True(result.IsConnected, result.Detail);
                await PingAsync(bed.Own(result.Connection), foreign);
                lengths.Add(foreign.Raw.BytesSent);
            }
        }

        Assert.InRange(lengths[1], 0, lengths[0] - 600);

        // What one destination accepted is no reason for another to.
        var other = await BeginConnectAsync(bed, options => (options.ServerName, options.RootFiles) = (name, [TlsMaterial.StrangerFile]));
        await Record.ExceptionAsync(() => other.Foreign.Tls.AuthenticateAsServerAsync(server, Cancelled));
        Assert.Contains("unknown authority", (await other.Result).Detail, StringComparison.Ordinal);
        var expecting = await BeginConnectAsync(bed, options => (options.ServerName, options.ExpectedNames) = (name, ["a.test"]));
        await Record.ExceptionAsync(() => expecting.Foreign.Tls.AuthenticateAsServerAsync(server, Cancelled));
        Assert.Contains("no name of the certificate matches a.test", (await expecting.Result).Detail, StringComparison.Ordinal);
    });

    [Fact]
    public Task Accept_CertificateIsReplacedBetween_OldSessionGoesOnAndNewOneSeesIt() => RunAsync(async bed =>
    {
        using var folder = new TemporaryDirectory();
        folder.Write("tls.pem", TlsMaterial.Bundle("ok"));
        using var acceptor = MakeAcceptor(new ListenerTlsOptions { Certificates = [new CertificateFiles { CertificateFile = folder["tls.pem"] }] });
        var sessions = new List<TlsSession>();
        foreach (var expected in new[] { "ok", "renewed", "renewed" })
        {
            if (sessions.Count == 1)
            {
                folder.Write("tls.pem", TlsMaterial.Bundle("renewed"));
                var reloading = acceptor.Certificates.ReloadAsync();
                await bed.UntilAsync(() => reloading.IsCompleted);
                Assert.Empty(await reloading);
            }

            var (connected, accepted) = await bed.PairAsync();
            var below = BelowTls(accepted);
            var foreign = new ForeignPeer(connected);
            var accepting = acceptor.AcceptAsync(below, Window, CancellationToken.None).AsTask();
            await foreign.Tls.AuthenticateAsClientAsync(ForeignClient(static client => client.AllowTlsResume = false), Cancelled);
            sessions.Add(new(bed.Own((await accepting).Connection!), foreign, below));
            Assert.Equal(TlsMaterial.SubjectOf(expected), foreign.Tls.RemoteCertificate!.Subject);
        }

        foreach (var (ours, foreign, _) in sessions)
        {
            await PingAsync(ours, foreign);
        }
    });

    [Fact]
    public Task Connect_TakesTooLong_IsTimedOutAndClosed() => RunAsync(async bed =>
    {
        // The clock of the certificates is the one of the time limit.
        var (connected, accepted) = await bed.PairAsync();
        var below = BelowTls(connected);
        using var connector = MakeConnector(new ServerTlsOptions { ServerName = "a.test", RootFiles = [TlsMaterial.RootFile] }, WebName);
        var result = await connector.ConnectAsync(below, null, null, null, Window, TimeSpan.Zero, CancellationToken.None);
        Assert.Equal((ConnectFailure.TimedOut, "the TLS handshake took too long"), (result.Failure, result.Detail));
        Assert.True(IsClosed(below));
        Assert.Equal(TransportStatus.Reset, await new ForeignPeer(accepted).ReadEndOfTcpAsync());
    });

    private static DstPath WebName { get; } = DstPath.Parse("/svc/web");

    /// <summary>A ClientHello of TLS 1.1, complete, without extensions.</summary>
    private static byte[] OldHello => [22, 3, 1, 0, 47, 1, 0, 0, 43, 3, 2, .. new byte[32], 0, 0, 4, 0xC0, 0x0A, 0, 0x35, 1, 0];

    private static string[] Split(string names) => names.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static List<SslApplicationProtocol>? Protocols(string names) => names.Length == 0 ? null : [.. Split(names).Select(static name => new SslApplicationProtocol(name))];

    private static async Task PingAsync(TransportConnection ours, ForeignPeer foreign)
    {
        await ours.SendTextAsync("ping");
        Assert.Equal("ping", await foreign.ReadTextAsync(4));
        await foreign.SendTextAsync("pong");
        Assert.Equal("pong", await ours.ReadTextAsync(4));
    }

    private static async Task ExpectRefusalAsync(TlsAttempt<TlsResult> attempt, int alert)
    {
        var result = await attempt.Result;
        Assert.Equal((TlsFailure.Protocol, (TransportConnection?)null), (result.Failure, result.Connection));
        Assert.NotEmpty(result.Detail!);
        TestContext.Current.TestOutputHelper?.WriteLine(result.Detail!);
        Assert.Null(await ForeignConnection.CloseAsync(attempt.Below));
        Assert.Equal(TransportStatus.Ok, await attempt.Foreign.ReadEndOfTcpAsync());
        Assert.Equal(alert, attempt.Foreign.Alert);
    }

    private async Task ExpectVerdictAsync(TransportBed bed, TlsAttempt<ConnectResult> attempt, string certificate, string? problem)
    {
        var server = ForeignServer(server => server.ServerCertificateContext = TlsMaterial.Context(certificate));
        var error = await Record.ExceptionAsync(() => attempt.Foreign.Tls.AuthenticateAsServerAsync(server, Cancelled));
        var result = await attempt.Result;
        if (problem is null)
        {
            Assert.True(result.IsConnected, $"{result.Detail} {error}");
            await PingAsync(bed.Own(result.Connection), attempt.Foreign);
            return;
        }

        Assert.Equal(ConnectFailure.Tls, result.Failure);
        Assert.StartsWith("the server's certificate is refused: ", result.Detail, StringComparison.Ordinal);
        Assert.Contains(problem, result.Detail, StringComparison.Ordinal);
        Assert.True(attempt.IsClosed);
        error ??= await Record.ExceptionAsync(async () => Assert.Empty((await attempt.Foreign.ReadToEndAsync()).Data));
        AssertRefused(error, attempt.Foreign);
    }

    private void AssertRefused(Exception? error, ForeignPeer foreign)
    {
        if (SendsAlertsToRefusedPeers)
        {
            Assert.NotNull(error);
            Assert.True(foreign.Alert is not null || error.GetBaseException().Message.Contains("alert", StringComparison.Ordinal), $"No alert arrived: {error}");
        }
        else
        {
            // No reset, and no close_notify: a stream that was cut before its first byte.
            Assert.True(foreign.Wire.HasFin, $"{error} {foreign.Wire.End}");
        }
    }
}
