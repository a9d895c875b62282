using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Authentication;
using System.Text;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.TestUtilities.Certificates;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>
/// Certificates that are replaced while 50 clients a second have handshakes and others have long sessions: by rename, in place and by Kubernetes' links; by good, mismatched, truncated, expired and
/// unreadable ones in turn. 15 times, or as often as LINKERD_TCP_ROTATIONS says: 200 are 5 minutes.
/// </summary>
[Collection(HeavyLoad.Name)]
[Trait("Category", "Heavy")]
[Trait("Category", "AnyTransport")]
public sealed class RotationTests : IAsyncLifetime
{
    private static readonly int Rotations = int.Parse(Environment.GetEnvironmentVariable("LINKERD_TCP_ROTATIONS") ?? "15", CultureInfo.InvariantCulture);
    private static readonly TimeSpan BetweenRotations = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan BetweenHandshakes = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan TimeToTakeEffect = TimeSpan.FromSeconds(2);
    private static readonly string[] Kinds = ["good", "mismatched", "truncated", "expired", "unreadable"];

    private readonly TlsFiles _files = new();
    private readonly TcpBackend _backend = new(Serve.EchoAsync);
    private readonly ConcurrentQueue<Shown> _shown = [];
    private readonly ConcurrentQueue<string> _failures = [];
    private readonly Subject[] _subjects;

    public RotationTests() => _subjects =
    [
        .. Enum.GetValues<RotationLayout>().Select(layout => new Subject(
            $"{layout}.example".ToLowerInvariant(), new RotatingFiles(layout, Directory.CreateDirectory(_files.PathOf(layout.ToString())).FullName))),
    ];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _backend.DisposeAsync();
        _files.Dispose();
    }

    [Fact]
    public async Task Rotations_BesideHandshakesAndSessions_DisturbNoneAndGoodOnesAreServedInTime()
    {
        foreach (var subject in _subjects)
        {
            Rotate(subject, "good");
        }

        await using var proxy = await Executable.StartAsync(
            _backend.Name, [.. _subjects.SelectMany(subject => new[] { "--tls-cert", subject.Files.Files.Certificate, "--tls-key", subject.Files.Files.Key })]);
        using var stop = new CancellationTokenSource();
        var sessions = Enumerable.Range(0, 5).Select(i => HoldSessionAsync(proxy, _subjects[i % 3], stop.Token)).ToList();
        var load = HandshakesAsync(proxy, stop.Token);
        var bad = 0;
        using (var timer = new PeriodicTimer(BetweenRotations))
        {
            for (var i = 0; i < Rotations; i++)
            {
                await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
                var kind = Kinds[i % Kinds.Length];
                bad += kind == "good" ? 0 : 1;
                Rotate(_subjects[i % _subjects.Length], kind);
            }
        }

        // For the last ones to take effect, and to be seen.
        await Task.Delay(TimeToTakeEffect + TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await load;
        var echoes = await Task.WhenAll(sessions);

        var delays = _subjects.SelectMany(subject => subject.Good.Skip(1).Select(good => DelayOf(subject, good))).Order().ToList();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Rotations} rotations, {Rotations - bad} of them good, in use after {delays[0].TotalMilliseconds:0} to {delays[^1].TotalMilliseconds:0} ms (median {delays[delays.Count / 2].TotalMilliseconds:0}); "
            + $"{_shown.Count} handshakes, {_failures.Count} failures; {echoes.Length} sessions with {echoes.Sum()} echoes");
        Assert.Empty(_failures);
        Assert.True(delays[^1] <= TimeToTakeEffect, $"a good certificate was in use after {delays[^1]} only");
        Assert.All(_shown, AssertCurrent);
        Assert.True(proxy.Error.Lines.Count(line => line.Contains("certificates that were changed are not used: ", StringComparison.Ordinal)) >= bad, proxy.Error.Text);
    }

    private void Rotate(Subject subject, string kind)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = _files.Issue(kind == "expired" ? new TestCertificate(subject.Name) { From = now.AddDays(-2), Until = now.AddDays(-1) } : new TestCertificate(subject.Name));
        using var other = _files.Issue(new TestCertificate(subject.Name));
        var chain = _files.ChainPem(certificate);
        var begun = Stopwatch.GetTimestamp();
        subject.Files.Write(
            kind == "truncated" ? chain[..200] : chain,
            kind == "unreadable" ? null : TestCertificateAuthority.KeyPem(kind == "mismatched" ? other : certificate));
        if (kind == "good")
        {
            subject.Good.Add(new(certificate.GetCertHashString(), begun, Stopwatch.GetTimestamp()));
        }
    }

    // From when it was written whole to the last handshake that began with another one, or, if there is none, nothing.
    private TimeSpan DelayOf(Subject subject, Good good)
    {
        var next = subject.Good.SkipWhile(other => other != good).Skip(1).FirstOrDefault();
        return _shown.Where(shown => shown.Name == subject.Name && shown.Begun > good.Written && (next is null || shown.Begun < next.Begun) && shown.Certificate != good.Certificate)
            .Select(shown => Stopwatch.GetElapsedTime(good.Written, shown.Begun)).Append(TimeSpan.Zero).Max();
    }

    // What was shown is a good one that had been written, and none that had been replaced for too long.
    private void AssertCurrent(Shown shown)
    {
        var good = _subjects.Single(subject => subject.Name == shown.Name).Good;
        var index = good.FindIndex(one => one.Certificate == shown.Certificate);
        Assert.True(index >= 0 && good[index].Begun <= shown.Ended, $"{shown.Name} showed a certificate that is none of its good ones");
        Assert.True(index == good.Count - 1 || Stopwatch.GetElapsedTime(good[index + 1].Written, shown.Begun) <= TimeToTakeEffect, $"{shown.Name} showed an old certificate");
    }

    private async Task HandshakesAsync(ProxyProcess proxy, CancellationToken stop)
    {
        var running = new List<Task>();
        using var timer = new PeriodicTimer(BetweenHandshakes);
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            running.Add(HandshakeAsync(proxy, _subjects[i % _subjects.Length].Name, i % 2 == 0 ? SslProtocols.Tls13 : SslProtocols.Tls12));
            running.RemoveAll(one => one.IsCompletedSuccessfully);
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }

        await Task.WhenAll(running);
    }

    private async Task HandshakeAsync(ProxyProcess proxy, string name, SslProtocols version)
    {
        var begun = Stopwatch.GetTimestamp();
        try
        {
            // A resumed session shows the certificate that it began with.
            var options = TlsSession.Trusting(_files.Root, name, version);
            options.AllowTlsResume = false;
            using var session = await TlsSession.ConnectAsync(proxy.EndPoint, options);
            await session.EchoAsync([1]);
            _shown.Enqueue(new(name, session.Certificate, begun, Stopwatch.GetTimestamp()));
        }
        catch (Exception error) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            _failures.Enqueue($"{name}, {version}: {error.Message}");
        }
    }

    private async Task<int> HoldSessionAsync(ProxyProcess proxy, Subject subject, CancellationToken stop)
    {
        using var session = await TlsSession.ConnectAsync(proxy.EndPoint, TlsSession.Trusting(_files.Root, subject.Name));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var echoes = 0;
        try
        {
            for (; !stop.IsCancellationRequested; echoes++)
            {
                await session.EchoAsync(Encoding.ASCII.GetBytes($"echo {echoes}"));
                await timer.WaitForNextTickAsync(CancellationToken.None);
            }
        }
        catch (Exception error) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            _failures.Enqueue($"the session with {subject.Name} was cut after {echoes} echoes: {error.Message}");
        }

        return echoes;
    }

    private sealed record Shown(string Name, string Certificate, long Begun, long Ended);

    private sealed record Good(string Certificate, long Begun, long Written);

    private sealed record Subject(string Name, RotatingFiles Files)
    {
        public List<Good> Good { get; } = [];
    }
}
