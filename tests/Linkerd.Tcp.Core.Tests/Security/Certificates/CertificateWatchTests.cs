using System.Diagnostics.Metrics;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Tests.Diagnostics;
using Linkerd.Tcp.TestUtilities.Certificates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static Linkerd.Tcp.Tests.Security.Certificates.IdentityFixture;

namespace Linkerd.Tcp.Tests.Security.Certificates;

/// <summary>Files that are loaded at start, and are replaced afterwards: real files, and a clock of the test's.</summary>
public sealed class CertificateWatchTests : IDisposable
{
    private const int Loaded = 6101;
    private const int Warned = 6102;
    private const int Kept = 6103;
    private const int Expires = 6104;
    private const int Expired = 6105;
    private const int NotYetValid = 6106;
    private const int NameTaken = 6107;

    private readonly FakeTimeProvider _time = new(Now);
    private readonly LogRecorder _log = new();
    private readonly Meter _meter = new("test");

    [Fact]
    public void Start_FilesThatCannotBeUsed_ThrowsWithEachOfThem()
    {
        using var good = new CertificateFolder(Replacement.Rename, new("a.example"));
        using var bad = new CertificateFolder(Replacement.Rename, new("b.example"));
        bad.Put("tls.key", Recorded.EcKey);

        var error = Assert.Throws<InvalidOptionsException>(() => Start(new()
        {
            OptionPath = "Tls.",
            Identities = [good.Files, bad.Files, new CertificateFiles { CertificateFile = "/none.pem" }],
            RootFiles = ["/none.roots"],
        }));

        Assert.Equal(
            [
                $"Tls.Certificates[1].KeyFile: {bad.Files.KeyFile}: the key (ECDSA) does not fit the certificate CN=b.example (ECDSA) in {bad.Files.CertificateFile}",
                "Tls.Certificates[2].CertificateFile: /none.pem: there is no such file",
                "Tls.ClientRootFiles: /none.roots: there is no such file",
            ],
            error.Errors.Select(static problem => problem.ToString()));
    }

    [Fact]
    public void Start_ExpiredOrNotYetValid_ServesAndSaysSoLoudly()
    {
        using var expired = new CertificateFolder(Replacement.Rename, new("a.example") { Until = Now.AddDays(-0.5) });
        using var future = new CertificateFolder(Replacement.Rename, new("b.example") { From = Now.AddHours(1) });
        using var watch = Start(new() { Identities = [expired.Files, future.Files] });

        Assert.Equal(["a.example"], watch.Current.Identities!.Select("a.example").Names);
        Assert.Equal(["b.example"], watch.Current.Identities!.Select("b.example").Names);
        Assert.Equal($"{expired.Files.CertificateFile} (a.example) EXPIRED on 2026-06-01 00:00:00Z, and is in use: peers refuse it", Entry(Expired, LogLevel.Error));
        Assert.Equal($"{future.Files.CertificateFile} (b.example) is not valid before 2026-06-01 13:00:00Z, and is in use: peers refuse it", Entry(NotYetValid, LogLevel.Error));
        _time.Advance(TimeSpan.FromHours(2));
        Assert.Equal((1, 1), (_log.Count(Expired), _log.Count(NotYetValid)));
    }

    [Fact]
    public void Start_RootsOfTheSystemAlone_NothingIsPolled()
    {
        var time = new NoTimers();
        using var watch = new CertificateWatch(new(), new(time, _log));
        Assert.Null(watch.Current.Identities);
        Assert.Same(TrustedRoots.System, watch.Current.Roots);
        using var folder = new CertificateFolder(Replacement.Rename, new("a.example"));
        Assert.Throws<NotSupportedException>(() => new CertificateWatch(new() { Identities = [folder.Files] }, new(time, _log)));
    }

    [Fact]
    public void Start_Warnings_AreLogged()
    {
        using var one = new CertificateFolder(Replacement.Rename, new("a.example") { Usages = [TestCertificate.ClientUsage] });
        using var two = new CertificateFolder(Replacement.Rename, new("a.example"));
        using var watch = Start(new() { Identities = [one.Files, two.Files] });

        Assert.Equal(2, _log.Count(Loaded));
        Assert.Equal($"{one.Files.CertificateFile}: its extended key usage does not allow servers: peers may refuse it", Entry(Warned, LogLevel.Warning));
        Assert.Equal($"the name a.example is in {one.Files.CertificateFile} and in {two.Files.CertificateFile}: the first of them is used", Entry(NameTaken, LogLevel.Warning));
        two.Replace(new TestCertificate("a.example"));
        Pass(seconds: 2);
        Assert.Equal((3, 1), (_log.Count(Loaded), _log.Count(NameTaken)));
    }

    [Theory]
    [InlineData(Replacement.Rename)]
    [InlineData(Replacement.InPlace)]
    [InlineData(Replacement.SymbolicLink)]
    public void Replace_GoodSet_IsUsedWithinTwoSecondsWheneverItComes(Replacement way)
    {
        using var folder = new CertificateFolder(way, new("a.example"));
        using var watch = Start(new() { Identities = [folder.Files] });
        for (var phase = 0; phase < 1000; phase += 130)
        {
            _time.Advance(TimeSpan.FromMilliseconds(130));
            var (before, now) = (watch.Current, folder.Replace(new TestCertificate("a.example")));
            Pass(seconds: 2);

            Assert.Equal(now, watch.Current.Identities!.Default.Thumbprint);
            Assert.NotEqual(now, before.Identities!.Default.Thumbprint);
        }

        Assert.Equal(0, _log.Count(Kept));
    }

    [Fact]
    public void Replace_FilesOneAfterTheOther_WaitsForTheSecondOneWithoutAnError()
    {
        using var folder = new CertificateFolder(Replacement.Rename, new("a.example"));
        using var watch = Start(new() { Identities = [folder.Files] });
        using var issued = Root.Issue(new TestCertificate("a.example"));
        _time.Advance(TimeSpan.FromSeconds(0.7));
        folder.Put("tls.crt", Pem(issued));
        _time.Advance(TimeSpan.FromSeconds(0.4));
        folder.Put("tls.key", TestCertificateAuthority.KeyPem(issued));
        Pass(seconds: 2);

        Assert.Equal(issued.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256), watch.Current.Identities!.Default.Thumbprint);
        Assert.Equal(0, _log.Count(Kept));
    }

    [Fact]
    public void Replace_FilesThatGoOnChanging_AreLoadedAfterTwoSecondsAllTheSame()
    {
        using var folder = new CertificateFolder(Replacement.Rename, new("a.example"));
        using var watch = Start(new() { Identities = [folder.Files] });
        var first = watch.Current.Identities!.Default.Thumbprint;
        for (var i = 0; i < 20; i++)
        {
            folder.Replace(new TestCertificate("a.example"));
            _time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.NotEqual(first, watch.Current.Identities!.Default.Thumbprint);
    }

    [Fact]
    public void Replace_BadSet_IsLoggedOnceCountedAndTheOldOneStays()
    {
        using var folder = new CertificateFolder(Replacement.Rename, new("a.example"));
        using var recorder = new MeterRecorder(_meter);
        using var watch = Start(new() { Identities = [folder.Files] });
        var good = watch.Current.Identities!.Default;
        folder.Put("tls.key", Recorded.EcKey);
        Pass(seconds: 120);

        Assert.Same(good, watch.Current.Identities!.Default);
        Assert.Equal(
            $"certificates that were changed are not used: {folder.Files.KeyFile}: the key (ECDSA) does not fit the certificate CN=a.example (ECDSA) in {folder.Files.CertificateFile}; those with SHA-256 {good.Thumbprint}, valid until 2027-06-01 12:00:00Z, stay",
            Entry(Kept, LogLevel.Error));
        Assert.Equal(1, recorder.Count($"linkerd.tcp.certificate.failures{{certificate={folder.Files.CertificateFile},cause=mismatch}}"));

        folder.Put("tls.crt", "<html>");
        Pass(seconds: 2);
        Assert.Equal(2, _log.Count(Kept));
        var next = folder.Replace(new TestCertificate("a.example"));
        Pass(seconds: 2);
        Assert.Equal(next, watch.Current.Identities!.Default.Thumbprint);
        Assert.Equal((2, 2), (_log.Count(Kept), _log.Count(Loaded)));
    }

    [Fact]
    public void Replace_OneBadSetAmongMany_KeepsNoOtherBack()
    {
        using var one = new CertificateFolder(Replacement.Rename, new("a.example"));
        using var two = new CertificateFolder(Replacement.Rename, new("b.example"));
        two.Directory.Write("roots.pem", Root.Pem);
        using var watch = Start(new() { Identities = [one.Files, two.Files], RootFiles = [two.Directory["roots.pem"]] });
        var (kept, roots) = (watch.Current.Identities!.Select("a.example"), watch.Current.Roots);
        one.Put("tls.crt", null);
        var next = two.Replace(new TestCertificate("c.example"));
        Pass(seconds: 2);

        Assert.Same(kept, watch.Current.Identities!.Select("a.example"));
        Assert.Equal(next, watch.Current.Identities.Select("c.example").Thumbprint);
        Assert.Same(roots, watch.Current.Roots);
    }

    [Fact]
    public void Replace_ExpiredOrNotYetValid_NeverReplacesAValidOne()
    {
        using var folder = new CertificateFolder(Replacement.InPlace, new("a.example") { Until = Now.AddHours(2) });
        using var watch = Start(new() { Identities = [folder.Files] });
        var good = watch.Current.Identities!.Default;
        folder.Replace(new TestCertificate("a.example") { From = Now.AddDays(-2), Until = Now.AddMinutes(-1) });
        Pass(seconds: 2);
        Assert.Same(good, watch.Current.Identities!.Default);
        Assert.Contains($"{folder.Files.CertificateFile}: it expired on 2026-06-01 11:59:00Z;", Entry(Kept, LogLevel.Error), StringComparison.Ordinal);

        // One that is not valid yet is tried again until it is.
        var future = folder.Replace(new TestCertificate("a.example") { From = Now.AddMinutes(10) });
        Pass(seconds: 2);
        Assert.Same(good, watch.Current.Identities!.Default);
        Assert.Equal(2, _log.Count(Kept));
        Pass(seconds: 11 * 60, step: 1000);
        Assert.Equal(future, watch.Current.Identities!.Default.Thumbprint);
        Assert.Equal(2, _log.Count(Kept));
    }

    [Fact]
    public void Replace_ExpiredByExpired_IsUsed()
    {
        using var folder = new CertificateFolder(Replacement.InPlace, new("a.example") { Until = Now.AddHours(-2) });
        using var watch = Start(new() { Identities = [folder.Files] });
        var next = folder.Replace(new TestCertificate("a.example") { Until = Now.AddHours(-1) });
        Pass(seconds: 2);

        Assert.Equal(next, watch.Current.Identities!.Default.Thumbprint);
        Assert.Equal(2, _log.Count(Expired));
    }

    [Fact]
    public void Replace_Roots_AreSwappedWholeAndNeverByNothing()
    {
        using var folder = new CertificateFolder(Replacement.Rename, new("a.example"));
        using var other = new TestCertificateAuthority("Other", Now);
        folder.Put("roots.pem", Root.Pem);
        using var watch = Start(new() { RootFiles = [folder.Directory["roots.pem"]] });
        Assert.Null(watch.Current.Identities);
        var first = watch.Current.Roots;
        folder.Put("roots.pem", "# nothing\n");
        Pass(seconds: 2);
        Assert.Same(first, watch.Current.Roots);
        folder.Put("roots.pem", Root.Pem + other.Pem);
        Pass(seconds: 2);
        Assert.Equal(2, watch.Current.Roots.Count);
        Assert.Equal(1, _log.Count(Kept));
    }

    [Fact]
    public async Task ReloadAsync_NothingHasChanged_KeepsTheObjectsAndTheirSessionTickets()
    {
        using var folder = new CertificateFolder(Replacement.Rename, new("a.example"));
        using var watch = Start(new() { Identities = [folder.Files] });
        var (identity, current) = (watch.Current.Identities!.Default, watch.Current);

        Assert.Empty(await watch.ReloadAsync(TestContext.Current.CancellationToken));

        Assert.Same(current, watch.Current);
        Assert.Same(identity, watch.Current.Identities!.Default);
        Assert.Equal(1, _log.Count(Loaded));
    }

    [Fact]
    public async Task ReloadAsync_ChangedFiles_AreUsedAtOnceOrTheProblemsGiven()
    {
        using var folder = new CertificateFolder(Replacement.Rename, new("a.example"));
        using var watch = Start(new() { Identities = [folder.Files] });
        var next = folder.Replace(new TestCertificate("a.example"));

        Assert.Empty(await watch.ReloadAsync(TestContext.Current.CancellationToken));
        Assert.Equal(next, watch.Current.Identities!.Default.Thumbprint);

        folder.Put("tls.key", null);
        Assert.Equal([$"{folder.Files.KeyFile}: a file was expected, not a directory"], (await watch.ReloadAsync(TestContext.Current.CancellationToken)).Select(static problem => problem.Message));
        await watch.ReloadAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, _log.Count(Kept));
        Assert.Equal(next, watch.Current.Identities!.Default.Thumbprint);
    }

    [Fact]
    public void Expiry_AYear_WarnsThirtySevenAndOneDaysAheadOnceEach()
    {
        using var folder = new CertificateFolder(Replacement.Rename, new("a.example") { Until = Now.AddDays(365) });
        using var watch = Start(new() { Identities = [folder.Files] });
        for (var day = 0; day < 370; day++)
        {
            _time.Advance(TimeSpan.FromDays(1));
        }

        Assert.Equal(
            [(Expires, "expires in 30 days"), (Expires, "expires in 7 days"), (Expires, "expires in 1 days"), (Expired, "EXPIRED")],
            _log.Entries.Where(static entry => entry.Id is Expires or Expired).Select(static entry => (entry.Id, entry.Message.Split(") ")[1].Split(',')[0].Split(" on")[0])));
    }

    [Fact]
    public void Expiry_ShortLives_AreNotWarnedOfFromTheBeginning()
    {
        using var days = new CertificateFolder(Replacement.Rename, new("a.example") { From = Now, Until = Now.AddDays(6) });
        using var hours = new CertificateFolder(Replacement.Rename, new("b.example") { From = Now, Until = Now.AddHours(24) });
        using var late = new CertificateFolder(Replacement.Rename, new("c.example") { From = Now.AddDays(-360), Until = Now.AddDays(5) });
        using var watch = Start(new() { Identities = [days.Files, hours.Files, late.Files] });

        Assert.Equal($"{late.Files.CertificateFile} (c.example) expires in 5 days, on 2026-06-06 12:00:00Z", Entry(Expires, LogLevel.Warning));
        Pass(seconds: 2);
        Assert.Equal(1, _log.Count(Expires));
    }

    [Fact]
    public void Metrics_OfEachFile_AreItsExpiryAndItsLastLoad()
    {
        using var folder = new CertificateFolder(Replacement.Rename, new("a.example"));
        using var recorder = new MeterRecorder(_meter);
        var instruments = new CertificateInstruments(_meter);
        folder.Put("roots.pem", Root.Pem);
        var sources = new CertificateSources { Identities = [folder.Files], RootFiles = [folder.Directory["roots.pem"]] };
        var watch = new CertificateWatch(sources, new(_time, _log, instruments));
        using var again = new CertificateWatch(sources, new(_time, _log, instruments));
        recorder.Observe();

        Assert.Equal(Now.AddYears(1).ToUnixTimeSeconds(), recorder.Observed[$"linkerd.tcp.certificate.expiration{{certificate={folder.Files.CertificateFile}}}"]);
        Assert.Equal(Now.AddYears(10).ToUnixTimeSeconds(), recorder.Observed[$"linkerd.tcp.certificate.expiration{{certificate={folder.Directory["roots.pem"]}}}"]);
        Assert.Equal(Now.ToUnixTimeSeconds(), recorder.Observed[$"linkerd.tcp.certificate.loaded{{certificate={folder.Files.CertificateFile}}}"]);
        watch.Dispose();
        again.Dispose();
        recorder.Observed.Clear();
        recorder.Observe();
        Assert.Empty(recorder.Observed);
    }

    [Fact]
    public void Dispose_Watch_LooksAtNoFileAnyMore()
    {
        using var folder = new CertificateFolder(Replacement.Rename, new("a.example"));
        var watch = Start(new() { Identities = [folder.Files] });
        var first = watch.Current;
        watch.Dispose();
        folder.Replace(new TestCertificate("a.example"));
        Pass(seconds: 5);

        Assert.Same(first, watch.Current);
    }

    public void Dispose() => _meter.Dispose();

    private CertificateWatch Start(CertificateSources sources) => new(sources, new(_time, _log, new CertificateInstruments(_meter)));

    private void Pass(int seconds, int step = 100)
    {
        for (var passed = 0; passed < seconds * 1000; passed += step)
        {
            _time.Advance(TimeSpan.FromMilliseconds(step));
        }
    }

    // The only one with its id.
    private string Entry(int id, LogLevel level)
    {
        var (ownLevel, _, message) = Assert.Single(_log.Entries, entry => entry.Id == id);
        Assert.Equal(level, ownLevel);
        return message;
    }

    private sealed class NoTimers : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();
    }
}
