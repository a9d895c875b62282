using System.Net;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Dialing;

/// <summary>Represents the options of getting a server connection for a session. Time spans are at most 49 days, as timers cannot be set to more.</summary>
public sealed class ConnectOptions
{
    /// <summary>From accept to an established server connection: resolution, waiting and all attempts. Default: 10 s.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>One attempt to connect to one endpoint. Default: 3 s, so that the kernel repeats the first segment once, after 1 s.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The most attempts of one session. Default: 3. The first retry goes to another endpoint, at once; only before an endpoint is tried again
    /// is there a back-off. Where the destination has but one endpoint, it is tried until <see cref="ConnectTimeout"/> is over;
    /// with 1, which is no retry at all, it is tried once.
    /// </summary>
    /// <remarks>
    /// Unless it is 1, a refusal (<see cref="ConnectFailure.Refused"/>) by an endpoint that is not ejected, and whose breaker is on, is free: it counts against neither this
    /// nor the retry budget, once for each endpoint and session. So a session makes at most this many connects, and one more for each endpoint.
    /// </remarks>
    public int MaxAttempts { get; set; } = 3;

    /// <summary>The first back-off before an endpoint is tried again by the same session; drawn between half and all of it, doubling up to 1 s. Default: 50 ms.</summary>
    public TimeSpan RetryBackoff { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// The local addresses to connect from, in turn, each for targets of its own family; where the ports of one are used up the next is tried.
    /// Default: none, which leaves the choice to the system.
    /// </summary>
    public IReadOnlyList<IPAddress> SourceAddresses { get; set; } = [];

    /// <summary>How server connections are set up; null, the default: as the proxy's options say.</summary>
    public TcpOptions? Tcp { get; set; }

    /// <summary>Gets whether everything is the same.</summary>
    internal bool IsSame(ConnectOptions other) => ReferenceEquals(this, other)
        || ((ConnectTimeout, AttemptTimeout, MaxAttempts, RetryBackoff) == (other.ConnectTimeout, other.AttemptTimeout, other.MaxAttempts, other.RetryBackoff)
            && SourceAddresses.SequenceEqual(other.SourceAddresses)
            && (Tcp is null || other.Tcp is null ? ReferenceEquals(Tcp, other.Tcp) : Tcp.IsSame(other.Tcp)));

    /// <summary>Gets a copy that says how connections are set up.</summary>
    internal ConnectOptions WithTcp(TcpOptions tcp)
    {
        var copy = Copy();
        copy.Tcp ??= tcp;
        return copy;
    }

    internal ConnectOptions Copy()
    {
        var copy = (ConnectOptions)MemberwiseClone();
        copy.SourceAddresses = SourceAddresses is null ? null! : [.. SourceAddresses];
        copy.Tcp = Tcp?.Copy();
        return copy;
    }

    internal void Validate(OptionsValidator validator)
    {
        validator.TimerOrInfinite(ConnectTimeout);
        validator.TimerOrInfinite(AttemptTimeout);
        validator.Range(MaxAttempts, 1);
        validator.Timer(RetryBackoff);
        validator.Each(SourceAddresses);
        validator.Optional(Tcp, static (tcp, validator) => tcp.Validate(validator));
    }
}
