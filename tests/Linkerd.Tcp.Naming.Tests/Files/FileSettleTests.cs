namespace Linkerd.Tcp.Naming.Tests.Files;

/// <summary>When a change of a file is applied.</summary>
public sealed class FileSettleTests
{
    private const string Id = "/#/io.l5d.fs/web";
    private readonly FileNamerFixture _world = new();

    [Fact]
    public async Task WatchAsync_FileJustWritten_IsPendingUntilItHasSettled()
    {
        _world.Files.Write("web", "127.0.0.1 80");
        var changes = 0;
        using var lookup = _world.Lookup(Id, () => changes++);
        await using var watch = _world.Watch(Id);
        Assert.Equal(Resolution.Pending.Instance, await watch.NextAsync());
        Assert.Equal(NameBinding.Pending.Instance, lookup.Current);

        _world.Wait(99);
        Assert.False(watch.HasNext);
        _world.Wait(1);

        Assert.Equal(FileNamerFixture.Bound("127.0.0.1:80"), await watch.NextAsync());
        Assert.Equal(FileNamerFixture.Leaf(Id), lookup.Current);
        Assert.Equal(1, changes);
    }

    [Fact]
    public async Task WatchAsync_EmptiedAndThenWritten_IsNeverBoundToNothing()
    {
        _world.Files.Write("web", "127.0.0.1 80", age: FileNamerFixture.Old);
        var changes = 0;
        using var lookup = _world.Lookup(Id, () => changes++);
        await using var watch = _world.Watch(Id);
        await watch.NextAsync();

        foreach (var content in new[] { string.Empty, "127.0.0.1 8", "127.0.0.1 81\n12", "127.0.0.1 81\n127.0.0.1 82\n" })
        {
            _world.Files.Write("web", content);
            _world.Files.Tell();
            _world.Wait(60);
        }

        _world.Wait(39);
        Assert.False(watch.HasNext);
        _world.Wait(30);

        Assert.Equal(FileNamerFixture.Bound("127.0.0.1:81", "127.0.0.1:82"), await watch.NextAsync());
        Assert.Equal(0, changes);
    }

    [Fact]
    public async Task WatchAsync_ChangedWhileItIsRead_IsReadAgain()
    {
        _world.Files.Write("web", "127.0.0.1 80", age: FileNamerFixture.Old);
        await using var watch = _world.Watch(Id);
        await watch.NextAsync();
        _world.Files.Write("web", "127.0.0.1 81");
        _world.Files.InRead = () =>
        {
            _world.Files.InRead = null;
            _world.Files.Write("web", "127.0.0.1 82");
        };

        _world.Files.Tell();
        _world.Wait(10);
        _world.Wait(100);
        Assert.False(watch.HasNext);
        _world.Wait(100);

        Assert.Equal(FileNamerFixture.Bound("127.0.0.1:82"), await watch.NextAsync());
    }

    [Fact]
    public async Task WatchAsync_WrittenAgainAndAgain_IsAppliedAfterTwoSeconds()
    {
        _world.Files.Write("web", "127.0.0.1 1", age: FileNamerFixture.Old);
        await using var watch = _world.Watch(Id);
        await watch.NextAsync();
        var port = 1;
        for (var elapsed = 0; elapsed < 2000; elapsed += 50)
        {
            Assert.False(watch.HasNext, $"applied after {elapsed} ms");
            _world.Files.Write("web", $"127.0.0.1 {++port}");
            _world.Files.Tell();
            _world.Wait(50);
        }

        _world.Wait(20);
        Assert.Equal(FileNamerFixture.Bound($"127.0.0.1:{port}"), await watch.NextAsync());
    }

    [Fact]
    public async Task WatchAsync_EmptyAgainAndAgain_IsTakenForEmptyAfterTwiceThat()
    {
        _world.Files.Write("web", "127.0.0.1 1", age: FileNamerFixture.Old);
        await using var watch = _world.Watch(Id);
        await watch.NextAsync();
        for (var elapsed = 0; elapsed < 4000; elapsed += 50)
        {
            Assert.False(watch.HasNext, $"applied after {elapsed} ms");
            _world.Files.Write("web", new string('\n', elapsed / 50));
            _world.Files.Tell();
            _world.Wait(50);
        }

        _world.Wait(20);
        Assert.Equal(FileNamerFixture.Bound(), await watch.NextAsync());
    }

    [Fact]
    public async Task Look_DeletedAndMadeAgain_StaysALeaf()
    {
        _world.Files.Write("web", "127.0.0.1 80", age: FileNamerFixture.Old);
        var changes = 0;
        using var lookup = _world.Lookup(Id, () => changes++);
        await using var watch = _world.Watch(Id);
        await watch.NextAsync();

        _world.Files.Delete("web");
        _world.Files.Tell();
        _world.Wait(90);
        _world.Files.Write("web", "127.0.0.1 81");
        _world.Files.Tell();
        _world.Wait(20);
        _world.Wait(100);

        Assert.Equal(FileNamerFixture.Bound("127.0.0.1:81"), await watch.NextAsync());
        Assert.Equal(0, changes);
    }

    [Fact]
    public async Task Look_DeletedThenMade_IsNegativeThenALeaf()
    {
        _world.Files.Write("web", "127.0.0.1 80", age: FileNamerFixture.Old);
        var changes = 0;
        using var lookup = _world.Lookup(Id, () => changes++);
        await using var watch = _world.Watch(Id);
        await watch.NextAsync();

        _world.Files.Delete("web");
        _world.Files.Tell();
        _world.Wait(10);
        _world.Wait(100);
        Assert.Equal((NameBinding.Bound.Negative, 1), (lookup.Current, changes));
        Assert.Equal(Resolution.Negative.Instance, await watch.NextAsync());

        _world.Files.Write("web", "127.0.0.1 81");
        _world.Files.Tell();
        _world.Wait(10);
        Assert.Equal(NameBinding.Bound.Negative, lookup.Current);
        _world.Wait(100);
        Assert.Equal((FileNamerFixture.Leaf(Id), 2), (lookup.Current, changes));
        Assert.Equal(FileNamerFixture.Bound("127.0.0.1:81"), await watch.NextAsync());
    }

    [Fact]
    public async Task WatchAsync_SameLinesInAnotherOrder_YieldsNothing()
    {
        _world.Files.Write("web", "127.0.0.1 80\n127.0.0.1 81", age: FileNamerFixture.Old);
        await using var watch = _world.Watch(Id);
        await watch.NextAsync();

        foreach (var content in new[] { "127.0.0.1 81\n127.0.0.1 80 # x", "127.0.0.1 82" })
        {
            _world.Files.Write("web", content);
            _world.Files.Tell();
            _world.Wait(10);
            _world.Wait(100);
        }

        Assert.Equal(FileNamerFixture.Bound("127.0.0.1:82"), await watch.NextAsync());
    }

    [Fact]
    public void Look_DirectoryBecomesAFileAndBack_FollowsIt()
    {
        _world.Files.MakeDirectory("a");
        _world.Files.Write("a/b", "127.0.0.1 80", age: FileNamerFixture.Old);
        using var lookup = _world.Lookup("/#/io.l5d.fs/a/b/c");
        Assert.Equal(FileNamerFixture.Leaf("/#/io.l5d.fs/a/b", "/c"), lookup.Current);

        _world.Files.Delete("a");
        _world.Files.Write("a", "127.0.0.1 81");
        _world.Files.Tell();
        _world.Wait(10);
        _world.Wait(100);
        Assert.Equal(FileNamerFixture.Leaf("/#/io.l5d.fs/a", "/b/c"), lookup.Current);

        _world.Files.MakeDirectory("a");
        _world.Files.Write("a/b", "127.0.0.1 82");
        _world.Files.Tell();
        _world.Wait(10);
        _world.Wait(100);
        Assert.Equal(FileNamerFixture.Leaf("/#/io.l5d.fs/a/b", "/c"), lookup.Current);
    }
}
