using System.Net;
using System.Threading.Channels;
using Linkerd.Tcp.Namerd.Mesh;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>A resolver with a log of its own, and one consumer of one name or id.</summary>
internal sealed class MeshWatcher<TState> : IAsyncDisposable
    where TState : class
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Channel<TState> _seen = Channel.CreateUnbounded<TState>();
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly Task _consuming;

    public MeshWatcher(MeshOptions options, Func<MeshResolver, CancellationToken, IAsyncEnumerable<TState>> watch)
    {
        Resolver = new MeshResolver(options.With(own => { own.Random = RandomSource.Seeded(1); own.LoggerFactory = Log; }));
        _consuming = ConsumeAsync(watch(Resolver, _stop.Token));
    }

    public MeshResolver Resolver { get; }

    public LogCollector Log { get; } = new();

    /// <summary>Waits for the next state.</summary>
    public async Task<TState> NextAsync() => await _seen.Reader.ReadAsync(_stop.Token).AsTask().WaitAsync(Patience);

    public async Task NextIsAsync(TState expected) => Assert.Equal(expected, await NextAsync());

    /// <summary>Waits for a state, however many others come before it.</summary>
    public async Task<TState> UntilAsync(Func<TState, bool> isIt)
    {
        while (true)
        {
            if (await NextAsync() is var next && isIt(next))
            {
                return next;
            }
        }
    }

    public Task UntilIsAsync(TState expected) => UntilAsync(expected.Equals);

    /// <summary>Waits for the next failure with these words in it.</summary>
    public async Task<string> UntilFailsAsync(string words = "")
    {
        var error = string.Empty;
        await UntilAsync(state => (error = ErrorOf(state)) is not null && error.Contains(words, StringComparison.Ordinal));
        return error!;
    }

    /// <summary>What has been seen already without being asked for.</summary>
    public IReadOnlyList<TState> Rest()
    {
        var rest = new List<TState>();
        while (_seen.Reader.TryRead(out var next))
        {
            rest.Add(next);
        }

        return rest;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _consuming.WaitAsync(Patience);
        await Resolver.DisposeAsync();
        _stop.Dispose();
        Log.Dispose();
    }

    private static string? ErrorOf(object state) => state switch
    {
        Resolution.Failed failed => failed.Error,
        NameBinding.Failed failed => failed.Error,
        _ => null,
    };

    private async Task ConsumeAsync(IAsyncEnumerable<TState> states)
    {
        try
        {
            await foreach (var state in states)
            {
                _seen.Writer.TryWrite(state);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            _seen.Writer.TryComplete();
        }
        catch (Exception exception)
        {
            // Never right: the test that waits sees it.
            _seen.Writer.TryComplete(exception);
            throw;
        }
    }
}

/// <summary>Watchers of each kind.</summary>
internal static class MeshWatch
{
    public static MeshWatcher<Resolution> Name(MeshOptions options, string name = "/svc/web") =>
        new(options, (resolver, stop) => resolver.WatchAsync(DstPath.Parse(name), stop));

    public static MeshWatcher<NameBinding> Binding(MeshOptions options, string name = "/svc/web") =>
        new(options, (resolver, stop) => resolver.BindAsync(DstPath.Parse(name), stop));

    public static MeshWatcher<Resolution> Id(MeshOptions options, string id = "/#/io.l5d.fs/web") =>
        new(options, (resolver, stop) => resolver.ResolveIdAsync(DstPath.Parse(id), stop));

    public static MeshOptions At(params Uri[] addresses) => new() { Addresses = addresses };

    public static Resolution Bound(params int[] ports) => new Resolution.Bound(EndpointSet.Create(ports.Select(port => new IPEndPoint(IPAddress.Loopback, port))));

    public static NameBinding Leaf(string id, string residual = "/") => new NameBinding.Bound(new BoundTree.Leaf(DstPath.Parse(id), DstPath.Parse(residual)));
}
