using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Proxying;

namespace Linkerd.Tcp;

/// <summary>
/// Represents the limits of one duplex copy. Copied and validated by whoever takes them. <see cref="Timeout.InfiniteTimeSpan"/> turns a limit off. Time spans are at most 49 days, as timers
/// cannot be set to more.
/// </summary>
/// <remarks>
/// A limit on silence does not end a session for which the kernel has bytes that nobody has received, as after the process was stopped: they count as moved.
/// If nothing has moved one limit later, it holds.
/// </remarks>
public sealed class DuplexOptions
{
    /// <summary>Ends a session in which no byte went either way for so long. Default: off.</summary>
    public TimeSpan IdleTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// The time that the server may take to its first byte, counted from the first byte that the client has sent; ends the session with
    /// <see cref="ClosedBy.Server"/>, timed out. Default: off.
    /// </summary>
    /// <remarks>
    /// It is over for good when a byte has come from the server, before the client's or after, or when the server's direction has ended; a server that
    /// speaks first is never hit by it. A client that has not sent a byte is left to <see cref="IdleTimeout"/>, and to <see cref="HalfCloseTimeout"/> once it
    /// has sent its FIN. What moves meanwhile does not extend it: an upload that is answered only at its end must fit into it. Bytes of the
    /// client that had been received before the copy began count from when they are handed to the server.
    /// </remarks>
    public TimeSpan FirstByteTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Once one direction has ended: ends the session when the one still open has moved no byte for so long; also the most that is waited for
    /// the acknowledgement of what was sent before a RST is passed on. Default: 60 s.
    /// </summary>
    public TimeSpan HalfCloseTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Ends a session that is so old, whatever it does. Default: off.</summary>
    public TimeSpan Lifetime { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>The share, 0 to 1, by which <see cref="Lifetime"/> is varied at random, up and down, so that sessions that began together do not end together. Default: 0.1.</summary>
    public double LifetimeJitter { get; set; } = 0.1;

    internal DuplexOptions Copy() => (DuplexOptions)MemberwiseClone();

    internal void Validate(OptionsValidator validator)
    {
        validator.TimerOrInfinite(IdleTimeout);
        validator.TimerOrInfinite(FirstByteTimeout);
        validator.TimerOrInfinite(HalfCloseTimeout);
        validator.TimerOrInfinite(Lifetime);
        validator.Expect(LifetimeJitter is >= 0 and <= 1, LifetimeJitter, "0 to 1");
    }
}
