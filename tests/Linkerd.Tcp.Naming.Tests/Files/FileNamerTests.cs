using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.TestUtilities;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Naming.Tests.Files;

/// <summary>Which names exist, and what their files say.</summary>
public sealed class FileNamerTests
{
    private readonly FileNamerFixture _world = new();

    [Fact]
    public async Task Look_FileThatIsThere_IsALeafAtOnce()
    {
        _world.Files.Write("web", "127.0.0.1 8080\n127.0.0.1 8081 * 0.23\n", age: FileNamerFixture.Old);
        using var lookup = _world.Lookup("/#/io.l5d.fs/web");
        await using var watch = _world.Watch("/#/io.l5d.fs/web");

        Assert.Equal(FileNamerFixture.Leaf("/#/io.l5d.fs/web"), lookup.Current);
        var bound = Assert.IsType<Resolution.Bound>(await watch.NextAsync());
        Assert.Equal("127.0.0.1:8080, 127.0.0.1:8081 * 0.23", bound.Endpoints.ToString());
        Assert.Equal(1, _world.Files.Reads);
    }

    [Fact]
    public void Look_LabelsAfterTheFile_AreTheResidual()
    {
        _world.Files.MakeDirectory("dir");
        _world.Files.Write("dir/leaf", "127.0.0.1 7000", age: FileNamerFixture.Old);
        using var lookup = _world.Lookup("/#/io.l5d.fs/dir/leaf/rest/../\\x2f");

        Assert.Equal(FileNamerFixture.Leaf("/#/io.l5d.fs/dir/leaf", "/rest/../\\x2f"), lookup.Current);
    }

    [Theory]
    [InlineData("/#/io.l5d.fs")]
    [InlineData("/#/io.l5d.fs/missing")]
    [InlineData("/#/io.l5d.fs/missing/web")]
    [InlineData("/#/io.l5d.fs/dir")]
    [InlineData("/#/io.l5d.fs/dir/missing")]
    [InlineData("/#/io.l5d.fs/WEB")]
    [InlineData("/#/io.l5d.fs/../files/web")]
    [InlineData("/#/io.l5d.fs/./web")]
    [InlineData("/#/io.l5d.fs/dir/../web")]
    [InlineData("/#/io.l5d.fs/\\x2e\\x2e/files/web")]
    [InlineData("/#/io.l5d.fs/dir\\x2fleaf")]
    [InlineData("/#/io.l5d.fs/\\x2f\\x66")]
    [InlineData("/#/io.l5d.fs/\\x77\\x65\\x62\\x00")]
    [InlineData("/#/io.l5d.fs/\\xff\\xfe")]
    public async Task Look_NoFile_IsNegative(string name)
    {
        _world.Files.MakeDirectory("dir");
        _world.Files.Write("dir/leaf", "127.0.0.1 7000", age: FileNamerFixture.Old);
        _world.Files.Write("web", "127.0.0.1 7000", age: FileNamerFixture.Old);
        using var lookup = _world.Lookup(name);
        await using var watch = _world.Watch(name);

        Assert.Equal(NameBinding.Bound.Negative, lookup.Current);
        Assert.Equal(Resolution.Negative.Instance, await watch.NextAsync());
    }

    [Fact]
    public void Look_EscapedLabel_IsItsFile()
    {
        _world.Files.Write("a b\u00fc", "127.0.0.1 7000", age: FileNamerFixture.Old);
        using var lookup = _world.Lookup("/#/io.l5d.fs/\\x61\\x20\\x62\\xc3\\xbc");

        Assert.IsType<BoundTree.Leaf>(Assert.IsType<NameBinding.Bound>(lookup.Current).Tree);
    }

    [Fact]
    public void Look_AnotherPrefix_IsThePrefixOfTheIds()
    {
        var world = new FileNamerFixture(options => options.With(own => own.Prefix = DstPath.Parse("/#/my/files")));
        world.Files.Write("web", "127.0.0.1 7000", age: FileNamerFixture.Old);
        using var lookup = world.Lookup("/#/my/files/web/x");

        Assert.Equal(FileNamerFixture.Leaf("/#/my/files/web", "/x"), lookup.Current);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# a comment")]
    public async Task WatchAsync_FileWithoutALine_IsBoundToNothing(string content)
    {
        _world.Files.Write("web", content, age: FileNamerFixture.Old);
        await using var watch = _world.Watch("/#/io.l5d.fs/web");

        Assert.Equal(FileNamerFixture.Bound(), await watch.NextAsync());
    }

    [Fact]
    public async Task WatchAsync_MalformedLine_IsFailedAndLoggedWithItsPlace()
    {
        _world.Files.Write("bad", "127.0.0.1 80\nbad line here # x", age: FileNamerFixture.Old);
        using var lookup = _world.Lookup("/#/io.l5d.fs/bad");
        await using var watch = _world.Watch("/#/io.l5d.fs/bad");

        Assert.Equal(FileNamerFixture.Leaf("/#/io.l5d.fs/bad"), lookup.Current);
        Assert.Equal(new Resolution.Failed("malformed address: bad line here"), await watch.NextAsync());
        Assert.Contains((LogLevel.Warning, 2081, "/files/bad, line 2: malformed address: bad line here; its last good addresses stay"), _world.Logger.Entries);
    }

    [Fact]
    public async Task WatchAsync_FileCannotBeRead_IsFailedUntilItCan()
    {
        _world.Files.Write("web", "127.0.0.1 80", age: FileNamerFixture.Old);
        _world.Files.SetReadable("web", false);
        using var lookup = _world.Lookup("/#/io.l5d.fs/web");
        await using var watch = _world.Watch("/#/io.l5d.fs/web");
        Assert.Equal(FileNamerFixture.Leaf("/#/io.l5d.fs/web"), lookup.Current);
        Assert.Equal(new Resolution.Failed("/#/io.l5d.fs/web: the file cannot be read: not for you"), await watch.NextAsync());

        _world.Wait(1200);
        _world.Files.SetReadable("web", true);
        _world.Wait(1200);

        Assert.Equal(FileNamerFixture.Bound("127.0.0.1:80"), await watch.NextAsync());
        Assert.Single(_world.Logger.Entries, entry => entry.Id == 2082);
    }

    [Fact]
    public async Task Look_PlaceCannotBeTold_IsFailedWhereItWasNeverKnown()
    {
        _world.Files.Break("never", "no access");
        _world.Files.Write("web", "127.0.0.1 80", age: FileNamerFixture.Old);
        using var never = _world.Lookup("/#/io.l5d.fs/never");
        using var known = _world.Lookup("/#/io.l5d.fs/web");
        await using var watch = _world.Watch("/#/io.l5d.fs/web");
        await watch.NextAsync();

        _world.Files.Break("web", "no access");
        _world.Files.Tell();
        _world.Wait(20);
        _world.Wait(200);

        Assert.Equal(new NameBinding.Failed("/#/io.l5d.fs/never: no access"), never.Current);
        Assert.Equal(FileNamerFixture.Leaf("/#/io.l5d.fs/web"), known.Current);
        Assert.Equal(new Resolution.Failed("/#/io.l5d.fs/web: no access"), await watch.NextAsync());
    }

    [Fact]
    public void Look_NobodyAnyMore_StopsWatching()
    {
        var lookup = _world.Lookup("/#/io.l5d.fs/a");
        var other = _world.Lookup("/#/io.l5d.fs/b");
        Assert.Equal((1, true), (_world.Files.Watches, _world.Files.IsWatched));

        lookup.Dispose();
        lookup.Dispose();
        Assert.True(_world.Files.IsWatched);
        other.Dispose();
        Assert.False(_world.Files.IsWatched);
        var stats = _world.Files.Stats;
        _world.Wait(60_000);
        Assert.Equal(stats, _world.Files.Stats);

        _world.Files.Write("a", "127.0.0.1 80", age: FileNamerFixture.Old);
        using var again = _world.Lookup("/#/io.l5d.fs/a");
        Assert.Equal(FileNamerFixture.Leaf("/#/io.l5d.fs/a"), again.Current);
        Assert.Equal(2, _world.Files.Watches);
    }

    [Fact]
    public void New_NoDirectoryOrNoTime_Throws()
    {
        Assert.Throws<ArgumentException>(() => new FileNamer(string.Empty));
        Assert.Throws<InvalidOptionsException>(() => new FileNamer("x", new() { SettleTime = TimeSpan.Zero }));
        Assert.Throws<InvalidOptionsException>(() => new FileNamer("x", new() { RescanInterval = TimeSpan.Zero }));
        Assert.Throws<InvalidOptionsException>(() => new FileNamer("x", new() { HostRefreshInterval = TimeSpan.Zero }));
        Assert.Equal(Path.GetFullPath("x"), new FileNamer("x").Directory);
    }
}
