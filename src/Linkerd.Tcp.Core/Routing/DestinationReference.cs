namespace Linkerd.Tcp.Routing;

/// <summary>
/// Represents a reference to a destination, from <see cref="DestinationRegistry.TryAcquire"/>: the destination is not evicted before the reference is disposed. Any thread.
/// </summary>
public sealed class DestinationReference : IDisposable
{
    private int _isDisposed;

    internal DestinationReference(Destination destination) => Destination = destination;

    /// <summary>Gets the destination. Do not use it after the reference is disposed: it may be evicted.</summary>
    public Destination Destination { get; }

    /// <summary>Releases the reference. Calls after the first do nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            Destination.Use.Release();
        }
    }
}
