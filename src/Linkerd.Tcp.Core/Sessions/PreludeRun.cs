using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Sessions;

/// <summary>The preludes of one session while they run: the connection as they see it, with the cap on what they leave unread.</summary>
/// <param name="context">To be filled.</param>
/// <param name="maxBytes">The cap.</param>
/// <param name="cancellationToken">Cancelled if the session ends meanwhile. The connection is aborted then, too.</param>
internal sealed class PreludeRun(SessionContext context, int maxBytes, CancellationToken cancellationToken)
{
    private bool _hasLooked;

    /// <summary>What is known of the session; to be filled.</summary>
    public SessionContext Context => context;

    /// <summary>For what completes elsewhere; operations of the connection end by themselves.</summary>
    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>
    /// The connection. Writing puts a layer over it in its place: the layer owns the one below, ends it, and takes its executor and its timer over. What a
    /// prelude before has left unread is the layer's to read.
    /// </summary>
    public TransportConnection Connection
    {
        get => context.Connection;
        set => (context.Connection, _hasLooked) = (value, false);
    }

    /// <summary>
    /// Whether a look in vain is the end, as the cap is reached: so many bytes were seen, and none were consumed. Then <see cref="TooMuch"/> is the result.
    /// </summary>
    public bool IsFull => _hasLooked && Connection.UnreadBytes >= maxBytes;

    /// <summary>The result of a prelude that wants more than the cap allows.</summary>
    public PreludeResult TooMuch => PreludeResult.Refused($"the first {maxBytes} bytes say too little");

    /// <summary>
    /// Waits for bytes that this prelude has not seen, and shows them behind those that it has seen and not consumed; the first call of a prelude shows at once what the one before left.
    /// As <see cref="TransportConnection.ReceiveAsync"/>. Not if <see cref="IsFull"/>.
    /// </summary>
    public ValueTask<ReceiveResult> ReceiveAsync()
    {
        if (IsFull)
        {
            throw new InvalidOperationException($"{nameof(IsFull)}: a prelude wants more than the cap allows.");
        }

        if (_hasLooked)
        {
            // Only here, before a wait for more: said earlier, the next prelude and the copy would wait for more than what is here.
            Connection.Advance(0);
        }

        return Connection.ReceiveAsync();
    }

    /// <summary>Says how much of the last receive was used. What was not is the next prelude's, and in the end the copy's.</summary>
    public void Advance(int consumed)
    {
        _hasLooked = consumed == 0;
        if (consumed > 0)
        {
            Connection.Advance(consumed);
        }
    }

    /// <summary>Another prelude begins: it has seen nothing yet.</summary>
    public void Next() => _hasLooked = false;
}
