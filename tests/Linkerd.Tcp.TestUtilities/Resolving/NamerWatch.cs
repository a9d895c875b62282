using Linkerd.Tcp.Naming;
namespace Linkerd.Tcp.TestUtilities.Resolving;

/// <summary>A watch of the addresses of an id, read one state at a time, with a bound on the wait.</summary>
public sealed class NamerWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly IAsyncEnumerator<Resolution> _states;
    private Task<bool> _next;

    public NamerWatch(Namer namer, string id)
    {
        _states = namer.WatchAsync(DstPath.Parse(id), _stop.Token).GetAsyncEnumerator(_stop.Token);
        _next = _states.MoveNextAsync().AsTask();
    }

    /// <summary>Whether a state waits to be read, as far as can be told now.</summary>
    public bool HasNext => _next.IsCompleted;

    /// <summary>The next state, without metadata.</summary>
    public async Task<Resolution> NextAsync()
    {
        ResolverWatch.Expect(await _next.WaitAsync(ResolverWatch.Patience));
        var current = _states.Current;
        _next = _states.MoveNextAsync().AsTask();
        return Addresses.Of(current);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _next.ContinueWith(static _ => { }, TaskScheduler.Default);
        await _states.DisposeAsync();
        _stop.Dispose();
    }
}
