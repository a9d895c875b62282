namespace Linkerd.Tcp.TestUtilities.Resolving;

/// <summary>A watch of a name, read one resolution at a time, with a bound on the wait.</summary>
public sealed class ResolverWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
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
        Expect(await _next.WaitAsync(Patience));
        _next = null;
        return Addresses.Of(_enumerator.Current);
    }

    /// <summary>Whether nothing was yielded since the last one, as far as can be told now.</summary>
    public bool IsQuiet => !(_next ??= _enumerator.MoveNextAsync().AsTask()).IsCompleted;

    /// <summary>Cancels, and gives the exception that the watch ended with.</summary>
    public async Task<Exception?> CancelAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await (_next ??= _enumerator.MoveNextAsync().AsTask()).WaitAsync(Patience);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    internal static void Expect(bool hasNext)
    {
        if (!hasNext)
        {
            throw new InvalidOperationException("The watch has ended.");
        }
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
