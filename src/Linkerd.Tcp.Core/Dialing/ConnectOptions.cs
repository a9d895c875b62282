using System.Net;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Dialing;

/// <summary>Represents the options of a session's server connection. Time spans are at most 49 days, as timers cannot be set to more.</summary>
public sealed class ConnectOptions
{
    /// <summary>The time of <see cref="ConnectTimeout"/> if nothing has set one.</summary>
    internal static readonly TimeSpan DefaultConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets or sets the longest time from accept to an established server connection: resolution, waiting and all attempts. Null, the default: that of the listener
    /// (<see cref="ListenerOptions.ConnectTimeout"/>), or else of the proxy's options (<see cref="TcpProxyOptions.Connect"/>), or else 10 s.
    /// </summary>
    public TimeSpan? ConnectTimeout { get; set; }

    /// <summary>Gets or sets the longest time of one attempt to connect to one endpoint. Default: 3 s, so that the kernel repeats the first segment once, after 1 s.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Gets or sets the largest number of attempts of one session. Default: 3. The first retry goes to another endpoint, at once; only before an endpoint is tried again
    /// is there a back-off. If the destination has only one endpoint, it is tried until <see cref="ConnectTimeout"/> is over;
    /// with 1, which is no retry at all, it is tried once.
    /// </summary>
    /// <remarks>
    /// Unless it is 1, a refusal (<see cref="ConnectFailure.Refused"/>) by an endpoint that is not ejected, and whose breaker is on, is free: it counts against neither this
    /// nor the retry budget, once for each endpoint and session. So a session makes at most this many connects, and one more for each endpoint.
    /// </remarks>
    public int MaxAttempts { get; set; } = 3;

    /// <summary>Gets or sets the first back-off before an endpoint is tried again by the same session; drawn between half and all of it, doubling up to 1 s. Default: 50 ms.</summary>
    public TimeSpan RetryBackoff { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Gets or sets the local addresses to connect from, in turn, each for targets of its own family; if the ports of one are used up the next is tried.
    /// Default: none, which leaves the choice to the system.
    /// </summary>
    public IReadOnlyList<IPAddress> SourceAddresses { get; set; } = [];

    /// <summary>Gets or sets the settings of server connections; null, the default, for those of the proxy's options.</summary>
    public TcpOptions? Tcp { get; set; }

    /// <summary>Returns true if everything is the same.</summary>
    internal bool IsSame(ConnectOptions other) => ReferenceEquals(this, other)
        || ((ConnectTimeout, AttemptTimeout, MaxAttempts, RetryBackoff) == (other.ConnectTimeout, other.AttemptTimeout, other.MaxAttempts, other.RetryBackoff)
            && SourceAddresses.SequenceEqual(other.SourceAddresses)
            && (Tcp is null || other.Tcp is null ? ReferenceEquals(Tcp, other.Tcp) : Tcp.IsSame(other.Tcp)));

    /// <summary>Returns a copy with the settings of connections.</summary>
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
