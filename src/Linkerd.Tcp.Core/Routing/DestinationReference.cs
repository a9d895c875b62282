namespace Linkerd.Tcp.Routing;

/// <summary>
/// A reference to a destination, by <see cref="DestinationRegistry.TryAcquire"/>: the destination is not evicted before the reference is disposed. Any thread.
/// </summary>
public sealed class DestinationReference : IDisposable
{
    private int _isDisposed;

    internal DestinationReference(Destination destination) => Destination = destination;

    /// <summary>Gets the destination. It may be evicted once the reference is disposed; it is not to be used any more then.</summary>
    public Destination Destination { get; }

    /// <summary>Gives the reference back. Calls after the first do nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            Destination.Use.Release();
        }
    }
}
