namespace Linkerd.Tcp.Namerd.Http;

/// <summary>
/// The progress of a request to a connection. A timeout while it still waits for one means that namerd is out of reach, not that the name is pending.
/// And it gets one new connection, no more: if a connection ends before any answer the handler would try three more at once, outside the
/// back-off. (One that was used before and has ended does not count: then the new one is the second try.)
/// </summary>
internal sealed class RequestProgress
{
    private static readonly HttpRequestOptionsKey<RequestProgress> Key = new(nameof(RequestProgress));
    private volatile bool _isConnecting;
    private int _connects;

    public bool IsConnecting => _isConnecting;

    /// <summary>True if a connection was opened for it; otherwise it was sent on one that had been used before.</summary>
    public bool HasNewConnection => Volatile.Read(ref _connects) > 0;

    /// <summary>Called when there is a connection.</summary>
    public Action? Connected { get; set; }

    /// <exception cref="HttpIOException">The request had a new connection already, and that ended.</exception>
    public void Begin()
    {
        if (Interlocked.Increment(ref _connects) > 1)
        {
            throw new HttpIOException(HttpRequestError.ResponseEnded);
        }

        _isConnecting = true;
    }

    public void End()
    {
        _isConnecting = false;
        Connected?.Invoke();
    }

    public static RequestProgress Of(HttpRequestMessage request)
    {
        if (!request.Options.TryGetValue(Key, out var progress))
        {
            progress = new RequestProgress();
            request.Options.Set(Key, progress);
        }

        return progress;
    }
}
