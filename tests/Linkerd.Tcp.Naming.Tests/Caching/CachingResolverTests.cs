using System.Net;
using Linkerd.Tcp.Naming.Caching;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.TestUtilities.Resolving;
using Microsoft.Extensions.Time.Testing;

namespace Linkerd.Tcp.Naming.Tests.Caching;

public sealed class CachingResolverTests : IDisposable
{
    private static readonly DstPath Name = DstPath.Parse("/svc/web");
    private readonly string _directory = Directory.CreateTempSubdirectory("linkerd-tcp-cache").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly StaticResolver _inner = new(EndpointSet.Empty);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task ResolveAsync_NothingRemembered_GivesWhatTheResolverGives()
    {
        _inner.Update(Resolution.Pending.Instance);
        await using var watch = Watch();

        Assert.Equal(Resolution.Pending.Instance, await watch.NextAsync());
        _inner.Update(Split);
        Assert.Equal(new Resolution.Bound(Split), await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_ResolverFailsAtStart_GivesWhatIsRememberedAndThenTheFailure()
    {
        await RememberAsync(Split);
        _inner.Update(new Resolution.Failed("namerd is down"));
        await using var watch = Watch();

        Assert.Equal(new Resolution.Bound(Split, isStale: true), await watch.NextAsync());
        Assert.Equal(new Resolution.Failed("namerd is down"), await watch.NextAsync());
        _inner.Update(Split);
        Assert.Equal(new Resolution.Bound(Split), await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_NegativeAtStart_GivesWhatIsRememberedFirst()
    {
        await RememberAsync(Split);
        _inner.Update(Resolution.Negative.Instance);
        await using var watch = Watch();

        Assert.Equal(new Resolution.Bound(Split, isStale: true), await watch.NextAsync());
        Assert.Equal(Resolution.Negative.Instance, await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_SilentAtStart_GivesWhatIsRememberedAfterTheWait()
    {
        await RememberAsync(Split);
        _inner.Update(Resolution.Pending.Instance);
        await using var watch = Watch();
        Assert.True(watch.IsQuiet);

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(new Resolution.Bound(Split, isStale: true), await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_GoodAnswerAtStart_IsGivenAlone()
    {
        await RememberAsync(Split);
        var other = EndpointSet.Create(IPEndPoint.Parse("10.0.0.9:9"));
        _inner.Update(other);
        await using var watch = Watch();

        Assert.Equal(new Resolution.Bound(other), await watch.NextAsync());
        Assert.True(watch.IsQuiet);
    }

    [Fact]
    public async Task ResolveAsync_OtherScope_RemembersNothing()
    {
        await RememberAsync(Split);
        _inner.Update(new Resolution.Failed("namerd is down"));
        await using var watch = Watch(scope: "another namespace");

        Assert.Equal(new Resolution.Failed("namerd is down"), await watch.NextAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"format\":2}")]
    [InlineData("{\"format\":1,\"name\":\"/svc/web\",\"scope\":\"\",\"saved\":\"2026-11-26T00:00:00Z\",\"groups\":[{\"weight\":1,\"tier\":-1,\"endpoints\":[]}]}")]
    [InlineData("{\"format\":1,\"name\":\"/svc/web\",\"scope\":\"\",\"saved\":\"yesterday\",\"groups\":[]}")]
    [InlineData("{\"format\":1,\"name\":\"/svc/web\",\"scope\":\"\",\"saved\":\"2026-11-26T00:00:00Z\",\"groups\":[{\"weight\":1,\"tier\":0,\"endpoints\":[{\"address\":\"x\",\"weight\":1}]}]}")]
    [InlineData("{\"format\":1,\"name\":\"/svc/web\",\"scope\":\"\",\"saved\":\"2026-11-26T00:00:00Z\",\"groups\":[{\"weight\":1,\"tier\":0,\"endpoints\":[{\"address\":\"010.0.0.1:80\",\"weight\":1}]}]}")]
    [InlineData("{\"format\":1,\"name\":\"/svc/other\",\"scope\":\"\",\"saved\":\"2026-11-26T00:00:00Z\",\"groups\":[]}")]
    public async Task ResolveAsync_FileThatCannotBeUsed_IsLeftOut(string content)
    {
        await RememberAsync(Split);
        File.WriteAllText(Assert.Single(Directory.GetFiles(_directory)), content);
        _inner.Update(new Resolution.Failed("namerd is down"));
        await using var watch = Watch();

        Assert.Equal(new Resolution.Failed("namerd is down"), await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_ManyChanges_WritesTheLast()
    {
        await using (var watch = Watch())
        {
            for (var port = 1; port <= 100; port++)
            {
                _inner.Update(EndpointSet.Create(new IPEndPoint(IPAddress.Loopback, port)));
                await watch.NextAsync();
            }
        }

        Assert.Equal(EndpointSet.Create(new IPEndPoint(IPAddress.Loopback, 100)), new ResolutionFile(Options(string.Empty), Name).Read()!.Endpoints);
    }

    [Fact]
    public async Task ResolveAsync_DirectoryThatCannotBeWritten_OnlyLogs()
    {
        File.WriteAllText(Path.Combine(_directory, "file"), "not a directory");
        var resolver = new CachingResolver(_inner, Options(string.Empty).With(own => own.Directory = Path.Combine(_directory, "file")));
        _inner.Update(Split);
        await using var watch = new ResolverWatch(resolver, Name.ToString());

        Assert.Equal(new Resolution.Bound(Split), await watch.NextAsync());
    }

    [Fact]
    public void New_BadOptions_Throws()
    {
        Assert.Throws<InvalidOptionsException>(() => new CachingResolver(_inner, Options(string.Empty).With(own => own.Directory = " ")));
        Assert.Throws<InvalidOptionsException>(() => new CachingResolver(_inner, Options(string.Empty).With(own => own.Wait = TimeSpan.FromSeconds(-1))));
        Assert.Throws<InvalidOptionsException>(() => new CachingResolver(_inner, Options(string.Empty).With(own => own.WriteInterval = TimeSpan.FromSeconds(-1))));
    }

    private static EndpointSet Split { get; } = new(
        new EndpointGroup([new(IPEndPoint.Parse("10.0.0.1:80"), 0.25), new(IPEndPoint.Parse("[fe80::1%3]:80"))], 9),
        new EndpointGroup([new(IPEndPoint.Parse("10.0.0.2:80"), 0)], 1, 2),
        new EndpointGroup([]));

    private CachingResolverOptions Options(string scope) => new() { Directory = _directory, Scope = scope, TimeProvider = _time };

    private ResolverWatch Watch(string scope = "") => new(new CachingResolver(_inner, Options(scope)), Name.ToString());

    private async Task RememberAsync(EndpointSet endpoints)
    {
        _inner.Update(endpoints);
        await using var watch = Watch();
        await watch.NextAsync();
    }
}
