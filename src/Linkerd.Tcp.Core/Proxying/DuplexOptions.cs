using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Proxying;

namespace Linkerd.Tcp;

/// <summary>
/// Represents the limits of one duplex copy. The receiver copies and validates them. <see cref="Timeout.InfiniteTimeSpan"/> turns a limit off. Time spans are at most 49 days, as timers
/// cannot be set to more.
/// </summary>
/// <remarks>
/// A limit on silence does not end a session for which the kernel has bytes that were not received yet, as after the process was stopped: they count as moved.
/// If nothing has moved one limit later, it holds.
/// </remarks>
public sealed class DuplexOptions
{
    /// <summary>Gets or sets the time without a byte either way after which a session ends. Default: off.</summary>
    public TimeSpan IdleTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Gets or sets the time that the server may take to its first byte, counted from the first byte that the client has sent; ends the session with
    /// <see cref="ClosedBy.Server"/>, timed out. Default: off.
    /// </summary>
    /// <remarks>
    /// It is over for good when a byte has come from the server, before the client's or after, or when the server's direction has ended; a server that
    /// sends first never reaches it. A client that has not sent a byte is subject to <see cref="IdleTimeout"/>, and to <see cref="HalfCloseTimeout"/> once it
    /// has sent its FIN. Bytes that move meanwhile do not extend it: an upload that is answered only at its end must fit into it. Bytes of the
    /// client that had been received before the copy began count from when they are handed to the server.
    /// </remarks>
    public TimeSpan FirstByteTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Gets or sets the time, after one direction has ended, without a byte in the other one after which the session ends; also the longest wait for
    /// the acknowledgement of sent bytes before a RST is passed on. Default: 60 s.
    /// </summary>
    public TimeSpan HalfCloseTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets or sets the age at which a session ends, whatever it does. Default: off.</summary>
    public TimeSpan Lifetime { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>Gets or sets the share, 0 to 1, by which <see cref="Lifetime"/> is varied at random, up and down, so that sessions that began together do not end together. Default: 0.1.</summary>
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
