using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Routing;

/// <summary>
/// Represents the number of retries that all sessions to a destination may make together, so that retries never make an outage worse: attempts are at most sessions, plus
/// <see cref="PerSession"/> of them, plus <see cref="PerSecond"/> a second, plus the full bucket of 10 s at the start. The attempt after a free refusal
/// (<see cref="ConnectOptions.MaxAttempts"/>) is not paid for.
/// </summary>
/// <remarks>After Finagle's RetryBudget (20 % and 10 a second, over 10 s).</remarks>
public sealed class RetryBudgetOptions
{
    private const double Max = 1_000_000_000;

    /// <summary>Gets or sets the number of retries that each session adds; 0 to 1,000,000,000. Default: 0.2.</summary>
    public double PerSession { get; set; } = 0.2;

    /// <summary>Gets or sets the number of retries that each second adds; 0 to 1,000,000,000. Default: 10. The bucket holds 10 s of them, and is full at the start.</summary>
    public double PerSecond { get; set; } = 10;

    internal RetryBudgetOptions Copy() => (RetryBudgetOptions)MemberwiseClone();

    internal void Validate(OptionsValidator validator)
    {
        validator.Expect(PerSession is >= 0 and <= Max, PerSession, FormattableString.Invariant($"0 to {Max}"));
        validator.Expect(PerSecond is >= 0 and <= Max, PerSecond, FormattableString.Invariant($"0 to {Max}"));
    }
}
