

namespace Linkerd.Tcp.Namerd.Shared;

/// <summary>A token that is cancelled with an outer one, or when an armed time is over. For one thread at a time.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationToken _outer;
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _registration;

    public Deadline(TimeProvider timeProvider, CancellationToken outer)
    {
        _outer = outer;

        // A source that was made with a clock goes on using it in CancelAfter; a linked source has none.
        _source = new CancellationTokenSource(Timeout.InfiniteTimeSpan, timeProvider);
        _registration = outer.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>True if the time was over, rather than the outer token cancelled.</summary>
    public bool IsExpired => _source.IsCancellationRequested && !_outer.IsCancellationRequested;

    /// <summary>Starts or restarts the time.</summary>
    public void Arm(TimeSpan after) => _source.CancelAfter(after);

    /// <summary>Stops the time.</summary>
    public void Disarm() => _source.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _registration.Dispose();
        _source.Dispose();
    }
}
