using System.Runtime.CompilerServices;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Tests.Diagnostics;
using Linkerd.Tcp.TestUtilities.Certificates;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static Linkerd.Tcp.Tests.Security.Certificates.IdentityFixture;

namespace Linkerd.Tcp.Tests.Security.Certificates;

/// <summary>Hundreds of rotations of real files by turns of a seed.</summary>
public sealed class CertificateRotationTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(Now);
    private readonly LogRecorder _log = new();

    [Theory]
    [InlineData(Replacement.Rename)]
    [InlineData(Replacement.InPlace)]
    [InlineData(Replacement.SymbolicLink)]
    public void Rotations_200GoodAndBadByTurns_TheStateIsNeverBadAndNeverGoesBack(Replacement way)
    {
        var random = RandomSource.Seeded((ulong)way + 1);
        using var folder = new CertificateFolder(way, new("a.example"));
        using var watch = Watch(folder);
        var expected = watch.Current.Identities!.Default.Thumbprint;
        var (good, bad) = (0, 0);
        for (var i = 0; i < 200; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(Below(1500)));
            var next = expected;
            if (Below(2) == 0)
            {
                next = folder.Replace(new TestCertificate("a.example"));
                good++;
            }
            else
            {
                PutBad(folder, Below(6), Below);
                bad++;
            }

            // Never anything but the last good set and the one before it, and after 2 s the last.
            for (var passed = 0; passed < 2000; passed += 100)
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
                Assert.Contains(watch.Current.Identities.Default.Thumbprint, new[] { expected, next });
            }

            Assert.Equal(next, watch.Current.Identities.Default.Thumbprint);
            expected = next;
        }

        Assert.True(good > 50 && bad > 50);
        Assert.Equal(good + 1, _log.Count(6101));

        int Below(int most) => (int)(random.NextDouble() * most);
    }

    [Fact]
    public void Rotations_AThousand_LeakNoDescriptorAndNoKey()
    {
        using var folder = new CertificateFolder(Replacement.Rename, new("a.example"));
        using var watch = Watch(folder);
        using var one = Root.Issue(new TestCertificate("a.example"));
        using var two = Root.Issue(new TestCertificate("a.example"));
        string[][] pairs = [[Pem(one), TestCertificateAuthority.KeyPem(one)], [Pem(two), TestCertificateAuthority.KeyPem(two)]];
        Rotate(10);
        var replaced = Rotate(1000);
        for (var i = 0; i < 10 && replaced.Any(static identity => identity.TryGetTarget(out _)); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        // The current one is among them; one more may be in a register of this thread.
        Assert.InRange(replaced.Count(static identity => identity.TryGetTarget(out _)), 1, 2);

        // Only descriptors of the folder count, as tests beside this one open others.
        Assert.Empty(DescriptorsIn(Path.GetDirectoryName(folder.Files.CertificateFile)!));

        [MethodImpl(MethodImplOptions.NoInlining)]
        List<WeakReference<object>> Rotate(int times)
        {
            var certificates = new List<WeakReference<object>>();
            for (var i = 0; i < times; i++)
            {
                folder.Replace(pairs[i % 2][0], pairs[i % 2][1]);
                _time.Advance(TimeSpan.FromSeconds(1));
                _time.Advance(TimeSpan.FromSeconds(0.5));
                certificates.Add(new(watch.Current.Identities!.Default.Context.TargetCertificate));
            }

            Assert.Equal(certificates.Count, certificates.Select(static certificate => certificate.TryGetTarget(out var target) ? target : new object()).Distinct(ReferenceEqualityComparer.Instance).Count());
            return certificates;
        }
    }

    [Fact]
    public async Task Rotation_SessionsOfTheOldIdentity_GoOnAndTheNextHandshakeHasTheNewOne()
    {
        using var folder = new CertificateFolder(Replacement.Rename, new("a.example"));
        using var watch = Watch(folder);
        var sessions = new List<TlsPair>();
        for (var i = 0; i < 10; i++)
        {
            var session = await TlsPair.ConnectAsync(watch.Current.Identities!.Default);
            Assert.Equal(watch.Current.Identities.Default.Thumbprint, session.Thumbprint);
            sessions.Add(session);
            folder.Replace(new TestCertificate("a.example"));
            _time.Advance(TimeSpan.FromSeconds(1));
            _time.Advance(TimeSpan.FromSeconds(0.5));
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal(10, sessions.Select(static session => session.Thumbprint).Distinct().Count());
        foreach (var session in sessions)
        {
            await session.PingAsync();
            await session.DisposeAsync();
        }
    }

    public void Dispose() => _log.Dispose();

    private static string[] DescriptorsIn(string folder) => Directory.Exists("/proc/self/fd")
        ? [.. Directory.GetFileSystemEntries("/proc/self/fd").Select(LinkOf).OfType<string>().Where(link => link.Contains(folder, StringComparison.Ordinal))]
        : [];

    private static string? LinkOf(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget;
        }
        catch (IOException)
        {
            // Closed meanwhile.
            return null;
        }
    }

    private static void PutBad(CertificateFolder folder, int kind, Func<int, int> below)
    {
        using var issued = Intermediate.Issue(new TestCertificate("a.example") { From = kind == 0 ? Now.AddDays(-9) : null, Until = kind == 0 ? Now.AddDays(-1) : null });
        using var other = Intermediate.Issue(new TestCertificate("a.example"));
        var (certificate, key) = (Pem(issued), TestCertificateAuthority.KeyPem(issued));
        switch (kind)
        {
            case 1:
                key = TestCertificateAuthority.KeyPem(other);
                break;
            case 2:
                certificate = certificate[..below(certificate.Length - 20)];
                break;
            case 3:
                key = key[..below(key.Length - 20)];
                break;
            case 4:
                certificate = null;
                break;
            case 5:
                key = null;
                break;
        }

        folder.Replace(certificate, key);
    }

    private CertificateWatch Watch(CertificateFolder folder) => new(new() { Identities = [folder.Files] }, new(_time, _log));
}
