using System.Net;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.TestUtilities.Resolving;
using Microsoft.Extensions.Time.Testing;

namespace Linkerd.Tcp.Naming.Tests.Files;

/// <summary>A file namer over files in memory, at a time that the test sets.</summary>
internal sealed class FileNamerFixture
{
    public FileNamerFixture(Func<FileNamerOptions, FileNamerOptions>? change = null)
    {
        Files = new FakeFileSystem(Time);
        var options = new FileNamerOptions { TimeProvider = Time, HostLookup = Hosts, Random = RandomSource.Seeded(1), Logger = Logger };
        Namer = new FileNamer(FakeFileSystem.Root, change?.Invoke(options) ?? options, Files);
    }

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UnixEpoch.AddYears(50));

    public FakeFileSystem Files { get; }

    public FakeHostLookup Hosts { get; } = new();

    public LookupLogger Logger { get; } = new();

    public FileNamer Namer { get; }

    public static TimeSpan Old { get; } = TimeSpan.FromMinutes(1);

    public static Resolution.Bound Bound(params string[] endPoints) => new(EndpointSet.Create(endPoints.Select(IPEndPoint.Parse)));

    public static NameBinding.Bound Leaf(string id, string residual = "/") => new(new BoundTree.Leaf(DstPath.Parse(id), DstPath.Parse(residual)));

    public NamerLookup Lookup(string name, Action? changed = null) => Namer.Lookup(DstPath.Parse(name), changed ?? (() => { }));

    public NamerWatch Watch(string id) => new(Namer, id);

    /// <summary>Lets time pass in small steps: a timer that rings within a step sees the time at the step's end.</summary>
    public void Wait(int milliseconds)
    {
        for (var left = milliseconds; left > 0;)
        {
            var step = left > 1000 ? 10 : 1;
            Time.Advance(TimeSpan.FromMilliseconds(step));
            left -= step;
        }
    }
}
