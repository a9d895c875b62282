using System.Net;

namespace Linkerd.Tcp;

/// <summary>How a session gets its server connection.</summary>
public sealed record ConnectPolicy
{
    /// <summary>All defaults.</summary>
    public static ConnectPolicy Default { get; } = new();

    /// <summary>From accept to an established server connection: resolution, waiting and all attempts. Default: 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>One attempt to connect to one endpoint. Default: 3 s, so that the kernel repeats the first segment once, after 1 s.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The most attempts of one session. Default: 3. The first retry goes to another endpoint, at once; only before an endpoint is tried again
    /// is there a back-off. Where the destination has but one endpoint, it is tried until <see cref="ConnectTimeout"/> is over;
    /// with 1, which is no retry at all, it is tried once.
    /// </summary>
    /// <remarks>
    /// Unless it is 1, a refusal (<see cref="ConnectFailure.Refused"/>) by an endpoint that is not ejected, and whose breaker is on, is free: it counts against neither this
    /// nor the retry budget, once for each endpoint and session. So a session makes at most this many connects, and one more for each endpoint.
    /// </remarks>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>The first back-off before an endpoint is tried again by the same session; drawn between half and all of it, doubling up to 1 s. Default: 50 ms.</summary>
    public TimeSpan RetryBackoff { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// The local addresses to connect from, in turn, each for targets of its own family; where the ports of one are used up the next is tried.
    /// Default: none, which leaves the choice to the system.
    /// </summary>
    public IReadOnlyList<IPAddress> SourceAddresses { get; init; } = [];

    /// <summary>How server connections are set up; null, the default: as the proxy's options say.</summary>
    public TcpOptions? Tcp { get; init; }

    /// <exception cref="ArgumentException">A value is out of range; the message says which and what was expected.</exception>
    internal void Check()
    {
        ExpectSpan(ConnectTimeout, nameof(ConnectTimeout));
        ExpectSpan(AttemptTimeout, nameof(AttemptTimeout));
        Expect(MaxAttempts > 0, nameof(MaxAttempts), "1 or more");
        Expect(RetryBackoff > TimeSpan.Zero, nameof(RetryBackoff), "more than zero");
        if (Tcp is not null)
        {
            TcpOptionsCheck.Check(Tcp, "Connect.Tcp.");
        }
    }

    private static void ExpectSpan(TimeSpan value, string option) =>
        Expect(value > TimeSpan.Zero || value == Timeout.InfiniteTimeSpan, option, "more than zero, or Timeout.InfiniteTimeSpan");

    private static void Expect(bool holds, string option, string expected)
    {
        if (!holds)
        {
            throw new ArgumentException($"{option}: {expected} was expected.");
        }
    }
}
