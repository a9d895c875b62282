using System.Security.Cryptography;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security.OpenSsl;
using Linkerd.Tcp.Tests.Security.Certificates;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.OpenSsl;

/// <summary>Keys of session tickets: of the process, and of a file.</summary>
public sealed class TicketKeyRingTests : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(2);
    private readonly OpenSslBed _bed = new();

    [Fact]
    public void Keys_OfTheProcess_RotateAndDecryptForOneMoreLifetime()
    {
        using var ring = new TicketKeyRing(Lifetime, _bed.Services, null, string.Empty);
        var seen = new HashSet<string>();

        // 24 hours of a listener that is in use.
        for (var age = TimeSpan.Zero; age < TimeSpan.FromHours(24); age += Lifetime)
        {
            var key = CopyOfCurrent(ring);
            Assert.True(seen.Add(Convert.ToHexString(key)));
            Assert.Equal((true, true), Find(ring, key));
            _bed.Time.Advance(Lifetime - TimeSpan.FromSeconds(1));
            Assert.Equal((true, true), Find(ring, key));
            _bed.Time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal((true, false), Find(ring, key));
            Assert.NotEqual(key, CopyOfCurrent(ring));
        }

        Assert.Equal(12, seen.Count);
        var first = CopyOfCurrent(ring);
        _bed.Time.Advance(Lifetime);
        Assert.Equal((true, false), Find(ring, first));
        _bed.Time.Advance(Lifetime);
        Assert.Equal((false, false), Find(ring, first));
    }

    [Fact]
    public void Keys_OfAListenerThatWasIdle_AreDropped()
    {
        using var ring = new TicketKeyRing(Lifetime, _bed.Services, null, string.Empty);
        var first = CopyOfCurrent(ring);

        _bed.Time.Advance(2 * Lifetime);

        Assert.Equal((false, false), Find(ring, first));
    }

    [Fact]
    public void Keys_OfAFile_FirstEncryptsAndAllDecrypt()
    {
        var (one, two) = (NewKey(), NewKey());
        using var ring = Open([.. one, .. two]);

        _bed.Time.Advance(10 * Lifetime);

        Assert.Equal(one, CopyOfCurrent(ring));
        Assert.Equal((true, true), Find(ring, one));
        Assert.Equal((true, false), Find(ring, two));
        Assert.Equal((false, false), Find(ring, NewKey()));
    }

    [Fact]
    public void Keys_OfAFileThatChanges_AreReplacedWhole()
    {
        var (one, two) = (NewKey(), NewKey());
        using var ring = Open(one);

        Put([.. two, .. one]);
        Settle();
        Assert.Equal(two, CopyOfCurrent(ring));
        Assert.Equal((true, false), Find(ring, one));
        Assert.Equal(1, _bed.Log.Count(6109));

        Put(two[..70]);
        Settle();
        Assert.Equal(two, CopyOfCurrent(ring));
        Assert.Equal((true, false), Find(ring, one));
        Assert.Equal(1, _bed.Log.Count(6110));

        File.Delete(KeyFile);
        Settle();
        Assert.Equal(2, _bed.Log.Count(6110));

        Put(two);
        Settle();
        Assert.Equal(two, CopyOfCurrent(ring));
        Assert.Equal((false, false), Find(ring, one));
    }

    [Fact]
    public async Task Reload_KeysOfAFile_AreReadWhetherItHasChangedOrNot()
    {
        var (one, two) = (NewKey(), NewKey());
        using var ring = Open(one);

        Put(two);
        Assert.Null(await ring.ReloadAsync(TestContext.Current.CancellationToken));
        Assert.Equal(two, CopyOfCurrent(ring));

        Put(one[..70]);
        var problem = $"{KeyFile}: it has 70 bytes; keys of 80 bytes each were expected (make one: openssl rand 80 > FILE)";
        Assert.Equal(problem, await ring.ReloadAsync(TestContext.Current.CancellationToken));
        Assert.Equal(problem, await ring.ReloadAsync(TestContext.Current.CancellationToken));
        Assert.Equal(two, CopyOfCurrent(ring));
        Assert.Equal(2, _bed.Log.Count(6110));

        // The poll has seen what was read.
        Settle();
        Assert.Equal(2, _bed.Log.Count(6110));
        ring.Dispose();
        Put(one);
        Assert.Null(await ring.ReloadAsync(TestContext.Current.CancellationToken));
        Assert.Equal(two, CopyOfCurrent(ring));
    }

    [Fact]
    public async Task Reload_KeysOfTheProcess_ChangesNothing()
    {
        using var ring = new TicketKeyRing(Lifetime, _bed.Services, null, string.Empty);
        var key = CopyOfCurrent(ring);
        Assert.Null(await ring.ReloadAsync(TestContext.Current.CancellationToken));
        Assert.Equal(key, CopyOfCurrent(ring));
    }

    [Theory]
    [InlineData(0, "it is empty")]
    [InlineData(48, "it has 48 bytes, as of keys of 48 bytes for AES-128; keys of 80 bytes each were expected (make one: openssl rand 80 > FILE)")]
    [InlineData(81, "it has 81 bytes; keys of 80 bytes each were expected (make one: openssl rand 80 > FILE)")]
    [InlineData(80 * 65, "it has 65 keys; at most 64 were expected")]
    public void Keys_OfAnotherLength_AreAnError(int length, string problem) => Assert.Equal($"Tls.TicketKeyFile: {KeyFile}: {problem}", Fail(RandomNumberGenerator.GetBytes(length)));

    [Fact]
    public void Keys_ThatHaveOneName_AreAnError()
    {
        var key = NewKey();
        Assert.Equal($"Tls.TicketKeyFile: {KeyFile}: key 3 has the name of one before it (its first 16 bytes)", Fail([.. NewKey(), .. key, .. key]));
        File.Delete(KeyFile);
        Assert.Equal($"Tls.TicketKeyFile: {KeyFile}: there is no such file", Assert.Throws<InvalidOptionsException>(Open).Errors.Single().ToString());
    }

    public void Dispose() => _bed.Dispose();

    private string KeyFile => _bed.Directory["tickets.key"];

    private static byte[] NewKey() => RandomNumberGenerator.GetBytes(TicketKeys.KeyLength);

    private static byte[] CopyOfCurrent(TicketKeyRing ring)
    {
        var key = new byte[TicketKeys.KeyLength];
        ring.CopyCurrent(key);
        return key;
    }

    private static (bool IsFound, bool IsCurrent) Find(TicketKeyRing ring, byte[] key)
    {
        var copy = new byte[TicketKeys.KeyLength];
        var isFound = ring.TryCopy(key.AsSpan(0, TicketKeys.NameLength), copy, out var isCurrent);
        Assert.True(!isFound || copy.AsSpan().SequenceEqual(key));
        return (isFound, isCurrent);
    }

    private TicketKeyRing Open() => new(Lifetime, _bed.Services, KeyFile, "Tls.");

    private TicketKeyRing Open(byte[] keys)
    {
        Put(keys);
        return Open();
    }

    private string Fail(byte[] keys)
    {
        Put(keys);
        return Assert.Throws<InvalidOptionsException>(Open).Errors.Single().ToString();
    }

    private void Put(byte[] keys)
    {
        File.WriteAllBytes(KeyFile + ".new", keys);
        LibC.Rename(KeyFile + ".new", KeyFile);
    }

    private void Settle()
    {
        for (var i = 0; i < 6; i++)
        {
            _bed.Time.Advance(TimeSpan.FromSeconds(0.5));
        }
    }
}
