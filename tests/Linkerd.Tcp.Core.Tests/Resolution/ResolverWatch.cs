using Xunit;

namespace Linkerd.Tcp.Tests;

/// <summary>A watch of a name, read one resolution at a time, with a bound on the wait.</summary>
internal sealed class ResolverWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly IAsyncEnumerator<Resolution> _enumerator;
    private Task<bool>? _next;
    private bool _disposed;

    public ResolverWatch(IResolver resolver, string name)
    {
        _enumerator = resolver.WatchAsync(DstPath.Parse(name), _stop.Token).GetAsyncEnumerator(_stop.Token);
    }

    /// <summary>More than any test takes; only a fault makes it matter.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    /// <summary>The next resolution, without metadata.</summary>
    public async Task<Resolution> NextAsync()
    {
        _next ??= _enumerator.MoveNextAsync().AsTask();
        Assert.True(await _next.WaitAsync(Patience));
        _next = null;
        return Addresses.Of(_enumerator.Current);
    }

    /// <summary>Whether nothing was yielded since the last one, as far as can be told now.</summary>
    public bool IsQuiet => !(_next ??= _enumerator.MoveNextAsync().AsTask()).IsCompleted;

    /// <summary>Cancels, and gives the exception that the watch ended with.</summary>
    public async Task<Exception?> CancelAsync()
    {
        await _stop.CancelAsync();
        return await Record.ExceptionAsync(() => (_next ??= _enumerator.MoveNextAsync().AsTask()).WaitAsync(Patience));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            await CancelAsync();
            await _enumerator.DisposeAsync();
            _stop.Dispose();
        }
    }
}
