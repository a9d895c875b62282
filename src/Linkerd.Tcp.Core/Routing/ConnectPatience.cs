namespace Linkerd.Tcp.Routing;

/// <summary>The time that a requester without a timer of its own waits for a server connection: the deadline, and the token that is cancelled then, or before.</summary>
internal sealed class ConnectPatience : IDisposable
{
    private readonly CancellationTokenSource? _time;
    private readonly CancellationTokenSource _either;

    /// <param name="timeout">The time; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="givenUp">Cancelled if the requester does not wait any longer.</param>
    /// <param name="stopping">Cancelled if the object of the wait ends.</param>
    public ConnectPatience(TimeSpan timeout, TimeProvider timeProvider, CancellationToken givenUp, CancellationToken stopping)
    {
        Deadline = DeadlineOf(timeout, timeProvider);
        if (timeProvider == TimeProvider.System)
        {
            _either = CancellationTokenSource.CreateLinkedTokenSource(givenUp, stopping);
            _either.CancelAfter(timeout);
        }
        else
        {
            _time = new CancellationTokenSource(timeout, timeProvider);
            _either = CancellationTokenSource.CreateLinkedTokenSource(_time.Token, givenUp, stopping);
        }
    }

    /// <summary>The timestamp of the end, or <see cref="Establishment.NoDeadline"/>.</summary>
    public long Deadline { get; }

    public CancellationToken Token => _either.Token;

    /// <summary>Returns the timestamp at which a timeout that begins now is over.</summary>
    public static long DeadlineOf(TimeSpan timeout, TimeProvider timeProvider) => timeout == Timeout.InfiniteTimeSpan
        ? Establishment.NoDeadline
        : timeProvider.GetTimestamp() + (long)(timeout.TotalSeconds * timeProvider.TimestampFrequency);

    public void Dispose()
    {
        _either.Dispose();
        _time?.Dispose();
    }
}
