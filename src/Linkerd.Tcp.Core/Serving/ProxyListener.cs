using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Linkerd.Tcp;

/// <summary>
/// An address that a proxy listens on, the name that its sessions go to, and limits of its own: one crowd of clients does not take what another
/// listener's clients need. The limits are off by default.
/// </summary>
public sealed class ProxyListener
{
    private const double MostPerSecond = 1_000_000_000;

    /// <summary>Makes a listener whose address and name are set afterwards.</summary>
    public ProxyListener()
    {
    }

    /// <summary>Makes a listener.</summary>
    /// <param name="endPoint">The local address, as in <see cref="EndPoint"/>.</param>
    /// <param name="destination">The name, as in <see cref="Destination"/>.</param>
    [SetsRequiredMembers]
    public ProxyListener(EndPoint endPoint, DstPath destination) => (EndPoint, Destination) = (endPoint, destination);

    /// <summary>
    /// Gets or sets the local address; port 0 means any free port. <c>[::]</c> takes IPv4 clients too, as Kestrel's does, unless another listener of the proxy has 0.0.0.0
    /// with that port.
    /// </summary>
    public required EndPoint EndPoint { get; set; }

    /// <summary>Gets or sets the name that sessions go to.</summary>
    public required DstPath Destination { get; set; }

    /// <summary>
    /// Connections that the kernel completes ahead of the proxy, 1 or more. Default: as many as it allows (<see cref="ListenOptions.Backlog"/>).
    /// </summary>
    public int Backlog { get; set; } = int.MaxValue;

    /// <summary>
    /// The most sessions of this listener at once, within <see cref="TcpProxyOptions.MaxSessions"/>. While it is reached nothing is accepted here, and
    /// clients wait in the kernel's backlog. Null, the default: no limit but that of all listeners.
    /// </summary>
    public int? MaxSessions { get; set; }

    /// <summary>
    /// The most sessions that begin in a second, over time; more than 0, at most 1,000,000,000, and 0.5 is one in two seconds. A client beyond it is reset at once
    /// (<see cref="Refusal.AcceptRate"/>): held back instead, clients would pile up in the backlog, and be served when they have long given up. Null,
    /// the default: no limit.
    /// </summary>
    public double? AcceptRate { get; set; }

    /// <summary>
    /// How many sessions may begin at once after a pause, in spite of <see cref="AcceptRate"/>. Null, the default: the rate, rounded up, so one second's
    /// worth. Only with a rate.
    /// </summary>
    public int? AcceptBurst { get; set; }

    /// <summary>
    /// The most sessions of one client address at once, at this listener; a client beyond it is reset at once (<see cref="Refusal.ClientSessions"/>).
    /// An IPv4 address counts alone, and as the same in IPv6 form; IPv6 addresses count by their /64, all of which one subscriber has
    /// (RFC 6177). Clients behind one NAT share an address; those of Unix-domain sockets have none, and no limit. Null, the default: no limit.
    /// </summary>
    public int? MaxSessionsPerClient { get; set; }

    internal ProxyListener Copy() => (ProxyListener)MemberwiseClone();

    internal void Validate(OptionsValidator validator)
    {
        validator.NotNull(EndPoint);
        validator.NotNull(Destination);
        validator.Range(Backlog, 1);
        validator.Range(MaxSessions, 1);
        validator.Expect(AcceptRate is null or (> 0 and <= MostPerSecond), AcceptRate, FormattableString.Invariant($"more than 0 sessions a second, at most {MostPerSecond},"));
        validator.Range(AcceptBurst, 1);
        if (AcceptBurst is not null && AcceptRate is null)
        {
            validator.Add($"{nameof(AcceptRate)} beside it was expected, not null.", nameof(AcceptBurst));
        }

        validator.Range(MaxSessionsPerClient, 1);
    }
}
