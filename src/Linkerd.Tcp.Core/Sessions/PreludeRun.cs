using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Sessions;

/// <summary>The state of one session's preludes while they run: the connection as they see it, with the cap on the bytes that they leave unread.</summary>
/// <param name="context">The context, to be filled.</param>
/// <param name="maxBytes">The cap.</param>
/// <param name="cancellationToken">Cancelled if the session ends meanwhile. The connection is aborted then, too.</param>
internal sealed class PreludeRun(SessionContext context, int maxBytes, CancellationToken cancellationToken)
{
    private bool _hasLooked;
    private CancellationTokenSource? _look;

    /// <summary>The context of the session; to be filled.</summary>
    public SessionContext Context => context;

    /// <summary>The token for work that completes elsewhere; operations of the connection end by themselves.</summary>
    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>
    /// The connection. Writing puts a layer over it in its place: the layer owns the one below, ends it, and takes its executor and its timer over. Bytes that
    /// an earlier prelude has left unread are read by the layer.
    /// </summary>
    public TransportConnection Connection
    {
        get => context.Connection;
        set => (context.Connection, _hasLooked) = (value, false);
    }

    /// <summary>
    /// True if the cap is reached, so that an inconclusive look is the end: that many bytes were seen, and none were consumed. Then <see cref="TooMuch"/> is the result.
    /// </summary>
    public bool IsFull => _hasLooked && Connection.UnreadBytes >= maxBytes;

    /// <summary>The result of a prelude that needs more than the cap allows.</summary>
    public PreludeResult TooMuch => PreludeResult.Refused($"the first {maxBytes} bytes say too little");

    /// <summary>
    /// Waits for bytes that this prelude has not seen, and shows them behind those that it has seen and not consumed; the first call of a prelude shows at once the bytes that the one before left.
    /// As <see cref="TransportConnection.ReceiveAsync"/>. Not if <see cref="IsFull"/>.
    /// </summary>
    /// <param name="look">A token of <see cref="BeginLook"/>, which ends the wait, and not the connection.</param>
    public ValueTask<ReceiveResult> ReceiveAsync(CancellationToken look = default)
    {
        if (IsFull)
        {
            throw new InvalidOperationException($"{nameof(IsFull)}: a prelude wants more than the cap allows.");
        }

        if (_hasLooked)
        {
            // Only here, before a wait for more: if it were done earlier, the next prelude and the copy would wait for more than what is here.
            Connection.Advance(0);
        }

        return look.CanBeCanceled ? Connection.ReceiveUntilAsync(look) : Connection.ReceiveAsync();
    }

    /// <summary>Consumes bytes of the last receive. The rest is left to the next prelude, and in the end to the copy.</summary>
    public void Advance(int consumed)
    {
        _hasLooked = consumed == 0;
        if (consumed > 0)
        {
            Connection.Advance(consumed);
        }
    }

    /// <summary>Begins a look for bytes without which the session goes on: at the timeout, the wait for them ends in place of the session.</summary>
    /// <returns>The token that is cancelled at the timeout.</returns>
    public CancellationToken BeginLook()
    {
        var look = new CancellationTokenSource();
        Volatile.Write(ref _look, look);
        return look.Token;
    }

    /// <summary>Ends the look: the timeout ends the session again.</summary>
    public void EndLook() => Volatile.Write(ref _look, null);

    /// <summary>Takes the look whose wait is to be ended; null if there is none. Once; any thread.</summary>
    public CancellationTokenSource? TakeLook() => Interlocked.Exchange(ref _look, null);

    /// <summary>Begins another prelude, which has seen nothing yet.</summary>
    public void Next()
    {
        _hasLooked = false;
        EndLook();
    }
}
