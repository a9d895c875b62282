using Linkerd.Tcp.TestUtilities.Files;
using Linkerd.Tcp.TestUtilities.Resolving;

namespace Linkerd.Tcp.Naming.Tests.Files;

/// <summary>The number of watches of the process, which this test has for itself.</summary>
[Collection(nameof(FileWatchCountTests))]
[CollectionDefinition(nameof(FileWatchCountTests), DisableParallelization = true)]
public sealed class FileWatchCountTests : IDisposable
{
    private readonly TemporaryDirectory _files = new();

    public FileWatchCountTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "this is about inotify");

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Look_ThousandNames_TakeOneWatch()
    {
        for (var i = 0; i < 1_000; i++)
        {
            _files.WriteOld($"f{i}", string.Concat(Enumerable.Range(1, 10).Select(port => $"127.0.0.1 {port}\n")));
        }

        var before = InotifyInstances();
        var namer = new FileNamer(_files.Path, new FileNamerOptions { RescanInterval = TimeSpan.FromHours(1) });
        var lookups = Enumerable.Range(0, 1_000).Select(i => namer.Lookup(DstPath.Parse($"/#/io.l5d.fs/f{i}"), () => { })).ToList();
        await using var watch = new NamerWatch(namer, "/#/io.l5d.fs/f999");
        Assert.Equal(10, Assert.IsType<Resolution.Bound>(await watch.NextAsync()).Endpoints.Count);
        Assert.All(lookups, lookup => Assert.IsType<NameBinding.Bound>(lookup.Current));

        // Those of tests before may go meanwhile.
        Assert.InRange(InotifyInstances() - before, int.MinValue, 1);
        lookups.ForEach(lookup => lookup.Dispose());
    }

    private static int InotifyInstances() => Directory.GetFileSystemEntries("/proc/self/fd").Count(descriptor => LinkOf(descriptor).Contains("inotify", StringComparison.Ordinal));

    private static string LinkOf(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget ?? "";
        }
        catch (IOException)
        {
            // Closed meanwhile.
            return "";
        }
    }
}
