using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.TestUtilities.Files;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp.Tests.Infrastructure;

public sealed class FileChangeWatchTests
{
    [Fact]
    public void Watch_ChangeAndSwappedLink_IsToldOnceWithinTwoSecondsEach()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var folder = new TemporaryDirectory();
        foreach (var version in new[] { "1", "2" })
        {
            Directory.CreateDirectory(Path.Combine(folder.Path, version));
            File.WriteAllText(Path.Combine(folder.Path, version, "proxy.yml"), "same");
        }

        // As Kubernetes lays out a ConfigMap.
        var (data, path) = (Path.Combine(folder.Path, "data"), Path.Combine(folder.Path, "proxy.yml"));
        Directory.CreateSymbolicLink(data, "1");
        File.CreateSymbolicLink(path, "data/proxy.yml");
        var time = new FakeTimeProvider();
        var changes = 0;
        using var watch = new FileChangeWatch([path], () => changes++, time);
        Advance(5);
        Assert.Equal(0, changes);
        File.AppendAllText(path, "more");
        Advance(2);
        Assert.Equal(1, changes);
        Advance(5);
        Assert.Equal(1, changes);
        Directory.Delete(data);
        Directory.CreateSymbolicLink(data, "2");
        Advance(2);
        Assert.Equal(2, changes);
        File.Delete(path);
        Advance(2);
        Assert.Equal(3, changes);
        watch.Dispose();
        File.WriteAllText(path, "late");
        Advance(5);
        Assert.Equal(3, changes);

        void Advance(int seconds)
        {
            for (var i = 0; i < seconds * 4; i++)
            {
                time.Advance(TimeSpan.FromMilliseconds(250));
            }
        }
    }
}
