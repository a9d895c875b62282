using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Naming.Tests.Files;

/// <summary>What is noticed when: events, re-scans, and directories that cannot be watched.</summary>
public sealed class FileScanTests
{
    private const string Id = "/#/io.l5d.fs/web";
    private readonly FileNamerFixture _world = new();

    [Fact]
    public async Task WatchAsync_NobodyTells_IsFoundByTheRescan()
    {
        _world.Files.Write("web", "127.0.0.1 80", age: FileNamerFixture.Old);
        await using var watch = _world.Watch(Id);
        await watch.NextAsync();

        _world.Files.Write("web", "127.0.0.1 81");
        _world.Wait(9_000);
        Assert.False(watch.HasNext);
        _world.Wait(1_000);
        _world.Wait(100);

        Assert.Equal(FileNamerFixture.Bound("127.0.0.1:81"), await watch.NextAsync());
    }

    [Fact]
    public async Task WatchAsync_DirectoryCannotBeWatched_LooksEverySecondAndSaysSoOnce()
    {
        _world.Files.WatchProblem = new IOException("the limit of watches is reached");
        _world.Files.Write("web", "127.0.0.1 80", age: FileNamerFixture.Old);
        await using var watch = _world.Watch(Id);
        await watch.NextAsync();

        _world.Files.Write("web", "127.0.0.1 81");
        _world.Wait(1_000);
        _world.Wait(100);
        Assert.Equal(FileNamerFixture.Bound("127.0.0.1:81"), await watch.NextAsync());

        for (var i = 0; i < 130; i++)
        {
            _world.Wait(1_000);
        }

        Assert.Single(_world.Logger.Entries, entry => entry
            is (LogLevel.Warning, 2085, "The directory /files cannot be watched (the limit of watches is reached): its files are looked at every 1 s instead"));
        _world.Files.WatchProblem = null;
        for (var i = 0; i < 61; i++)
        {
            _world.Wait(1_000);
        }

        Assert.True(_world.Files.IsWatched);
    }

    [Fact]
    public async Task WatchAsync_WatchLosesEvents_LooksAtEverything()
    {
        _world.Files.Write("web", "127.0.0.1 80", age: FileNamerFixture.Old);
        await using var watch = _world.Watch(Id);
        await watch.NextAsync();

        _world.Files.Write("web", "127.0.0.1 81");
        _world.Files.FailWatch(new InternalBufferOverflowException());
        _world.Wait(10);
        _world.Wait(100);

        Assert.Equal(FileNamerFixture.Bound("127.0.0.1:81"), await watch.NextAsync());
        Assert.DoesNotContain(_world.Logger.Entries, entry => entry.Id == 2085);
    }

    [Fact]
    public async Task WatchAsync_DirectoryMadeLater_IsWatchedWithinASecond()
    {
        _world.Files.Delete(string.Empty);
        using var lookup = _world.Lookup(Id);
        await using var watch = _world.Watch(Id);
        Assert.Equal(Resolution.Negative.Instance, await watch.NextAsync());
        Assert.Single(_world.Logger.Entries, entry => entry.Id == 2084);

        _world.Files.MakeDirectory(string.Empty);
        _world.Files.Write("web", "127.0.0.1 80", age: FileNamerFixture.Old);
        _world.Wait(1_000);
        _world.Wait(100);

        Assert.Equal(FileNamerFixture.Bound("127.0.0.1:80"), await watch.NextAsync());
        Assert.Equal(FileNamerFixture.Leaf(Id), lookup.Current);
        Assert.True(_world.Files.IsWatched);
    }

    [Fact]
    public async Task WatchAsync_DirectoryReplaced_WatchesTheNewOne()
    {
        _world.Files.Write("web", "127.0.0.1 80", age: FileNamerFixture.Old);
        await using var watch = _world.Watch(Id);
        await watch.NextAsync();

        _world.Files.Delete(string.Empty);
        _world.Files.MakeDirectory(string.Empty);
        _world.Files.Write("web", "127.0.0.1 81");
        _world.Wait(1_000);
        _world.Wait(100);

        Assert.Equal(FileNamerFixture.Bound("127.0.0.1:81"), await watch.NextAsync());
        Assert.Equal(2, _world.Files.Watches);
    }

    [Fact]
    public void Look_ManyEvents_AreOneScan()
    {
        var lookups = Enumerable.Range(0, 100).Select(i => _world.Lookup($"/#/io.l5d.fs/f{i}")).ToList();
        _world.Wait(20);
        var before = _world.Files.Stats;
        for (var i = 0; i < 1_000; i++)
        {
            _world.Files.Tell();
        }

        _world.Wait(50);

        Assert.InRange(_world.Files.Stats - before, 101, 110);
        lookups.ForEach(lookup => lookup.Dispose());
    }

    [Fact]
    public async Task WatchAsync_Hosts_KeepTheirLastAddresses()
    {
        _world.Hosts.Addresses("a", "10.0.0.1", "2001:db8::1");
        _world.Hosts.Addresses("b", "10.0.0.2");
        _world.Files.Write("web", "a 80 * 2\nb 81\n127.0.0.1 82", age: FileNamerFixture.Old);
        await using var watch = _world.Watch(Id);
        Assert.Equal("10.0.0.1:80 * 2, [2001:db8::1]:80 * 2, 10.0.0.2:81, 127.0.0.1:82", Assert.IsType<Resolution.Bound>(await watch.NextAsync()).Endpoints.ToString());

        _world.Hosts.Addresses("a");
        _world.Hosts.Fails("b", new InvalidOperationException("no answer"));
        _world.Wait(5_000);
        Assert.False(watch.HasNext);
        _world.Hosts.Addresses("a", "10.0.0.3");
        _world.Wait(5_000);

        Assert.Equal("10.0.0.3:80 * 2, 10.0.0.2:81, 127.0.0.1:82", Assert.IsType<Resolution.Bound>(await watch.NextAsync()).Endpoints.ToString());
    }

    [Fact]
    public async Task WatchAsync_HostLookupRuns_IsPendingMeanwhile()
    {
        var answer = _world.Hosts.Hangs("a");
        _world.Files.Write("web", "a 80\n127.0.0.1 82", age: FileNamerFixture.Old);
        using var lookup = _world.Lookup(Id);
        await using var watch = _world.Watch(Id);
        Assert.Equal(Resolution.Pending.Instance, await watch.NextAsync());
        Assert.Equal(FileNamerFixture.Leaf(Id), lookup.Current);

        answer.SetResult([System.Net.IPAddress.Loopback]);

        Assert.Equal(FileNamerFixture.Bound("127.0.0.1:80", "127.0.0.1:82"), await watch.NextAsync());
    }

    [Fact]
    public async Task WatchAsync_NoHostResolves_IsFailedAndNotEmpty()
    {
        _world.Hosts.Addresses("a");
        _world.Hosts.Fails("b", new InvalidOperationException("no answer"));
        _world.Files.Write("web", "a 80\nb 80", age: FileNamerFixture.Old);
        _world.Files.Write("other", "b 80", age: FileNamerFixture.Old);
        await using var watch = _world.Watch(Id);
        await using var other = _world.Watch("/#/io.l5d.fs/other");

        Assert.Equal(new Resolution.Failed("no host of the file resolves: host 'a' is not known"), await watch.NextAsync());
        Assert.Equal(new Resolution.Failed("no host of the file resolves: looking up host 'b' failed: no answer"), await other.NextAsync());
        Assert.Equal(1, _world.Hosts.CallsFor("b"));
    }
}
