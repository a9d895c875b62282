using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Balancing;

/// <summary>Represents the options of the circuit breaker of each endpoint: when a failing endpoint is ejected, and when it is tried again.</summary>
/// <remarks>After Finagle's failure accrual (5 consecutive failures, jittered back-off from 5 s to 300 s).</remarks>
public sealed class CircuitBreakerOptions
{
    /// <summary>
    /// Gets or sets the number of failed connects in a row that opens the breaker. Default: 5; 0 turns it off. Refusals, time-outs, unreachable hosts and failed handshakes count;
    /// a lack of local resources, a client that left, and the session's own deadline do not.
    /// </summary>
    public int Failures { get; set; } = 5;

    /// <summary>Gets or sets the first back-off before an ejected endpoint is tried again, by one connection. It is drawn between half and all of this. Default: 5 s.</summary>
    public TimeSpan InitialBackoff { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets the maximum back-off. The back-off doubles up to this each time that the endpoint fails again. Default: 300 s.</summary>
    public TimeSpan MaxBackoff { get; set; } = TimeSpan.FromSeconds(300);

    /// <summary>
    /// Gets or sets the number of sessions in a row, as soft evidence, that the server ended within <see cref="EarlyCloseWindow"/> of being connected, without having sent a byte,
    /// that opens the breaker; <see cref="EndpointLease.Complete(in ConnectionReport)"/> reports the end of a session. A session that outlives the window, or in which the server sent a
    /// byte, restarts the count when it ends. Default: 0, off, as in some protocols that is no fault.
    /// </summary>
    public int EarlyCloses { get; set; }

    /// <summary>Gets or sets the time within which an end is early. Default: 100 ms.</summary>
    public TimeSpan EarlyCloseWindow { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Gets or sets the maximum share of a destination's endpoints that soft evidence (early closes, active checks) may eject: it ejects none if more than
    /// this share would be ejected, those ejected for other causes included. Default: 0.5. A connect that fails is hard evidence, and not limited.
    /// </summary>
    public double MaxEjectedShare { get; set; } = 0.5;

    internal CircuitBreakerOptions Copy() => (CircuitBreakerOptions)MemberwiseClone();

    internal void Validate(OptionsValidator validator)
    {
        validator.Range(Failures, 0);
        validator.Timer(InitialBackoff);
        validator.Timer(MaxBackoff);
        validator.Expect(MaxBackoff >= InitialBackoff, MaxBackoff, $"{nameof(InitialBackoff)} or more");
        validator.Range(EarlyCloses, 0);
        validator.Timer(EarlyCloseWindow);
        validator.Expect(MaxEjectedShare is >= 0 and <= 1, MaxEjectedShare, "0 to 1");
    }
}
