using System.Diagnostics.CodeAnalysis;
using System.Net;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp;

/// <summary>
/// Represents the options of a listener of a proxy: its address, the name that its sessions go to, and its own limits, so that the clients of one listener do not use up the capacity of
/// another. The limits are off by default. The proxy copies and validates them: later changes have no effect.
/// </summary>
public sealed class ListenerOptions
{
    private const double MaxPerSecond = 1_000_000_000;

    /// <summary>Initializes a listener whose address and name are set afterwards.</summary>
    public ListenerOptions()
    {
    }

    /// <summary>Initializes a listener.</summary>
    /// <param name="endPoint">The local address, as in <see cref="EndPoint"/>.</param>
    /// <param name="destination">The name, as in <see cref="Destination"/>.</param>
    [SetsRequiredMembers]
    public ListenerOptions(EndPoint endPoint, DstPath? destination) => (EndPoint, Destination) = (endPoint, destination);

    /// <summary>Initializes a listener whose sessions go to names of their own.</summary>
    /// <param name="endPoint">The local address, as in <see cref="EndPoint"/>.</param>
    /// <param name="route">The function that chooses the name of each session, as in <see cref="Route"/>.</param>
    [SetsRequiredMembers]
    public ListenerOptions(EndPoint endPoint, Func<SessionContext, DstPath?> route) => (EndPoint, Route) = (endPoint, route);

    /// <summary>
    /// Gets or sets the local address; port 0 means any free port. Required. <c>[::]</c> takes IPv4 clients too, as Kestrel's does, unless another listener of the proxy has 0.0.0.0
    /// with that port.
    /// </summary>
    public required EndPoint EndPoint { get; set; }

    /// <summary>
    /// Gets or sets a key, which no other listener of the proxy has. It identifies listeners that have the same <see cref="EndPoint"/>, as port 0 may be on several, when a proxy takes new options
    /// (<see cref="TcpProxy.ApplyAsync"/>), and appears in <see cref="SessionContext.ListenerKey"/>. Default: null, no key.
    /// </summary>
    public string? Key { get; set; }

    /// <summary>
    /// Gets or sets the name that all sessions go to, or, with <see cref="ServerNameRules"/>, those to which no rule applies; null, the default, if <see cref="Route"/> chooses one for each, or if there is none
    /// but those of the rules. One of the three is required.
    /// </summary>
    public DstPath? Destination { get; set; }

    /// <summary>
    /// Gets or sets a function that chooses the name of each session to which no rule of <see cref="ServerNameRules"/> applies, in place of <see cref="Destination"/>: for example by its listener, its client's address, or the server name that
    /// the client sent. If it returns null the client is refused (<see cref="RejectReason.NoRoute"/>); an exception ends the session. Called on the connection's executor, which may be
    /// an event loop: must not block. Null, the default: all sessions go to <see cref="Destination"/>.
    /// </summary>
    public Func<SessionContext, DstPath?>? Route { get; set; }

    /// <summary>
    /// Gets or sets the time from accept until the client has sent the bytes that are expected before its session has a destination, such as a TLS handshake; more than zero, at most 49
    /// days, or <see cref="Timeout.InfiniteTimeSpan"/>. Default: 5 s. It has no meaning if nothing is expected. A client that has sent no ClientHello by then goes to the default of
    /// <see cref="ServerNameRules"/>, if there is one: protocols in which the server speaks first begin with this delay there.
    /// </summary>
    public TimeSpan PreludeTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets or sets the largest number of bytes of a client that are looked at, and not consumed, before its session has a destination; 1 or more. Default: 16 KiB. If they are not enough, the
    /// client is refused (<see cref="RejectReason.Prelude"/>). The bytes that a client sends early for its server may be more. A listener with <see cref="ServerNameRules"/> and without <see cref="Tls"/> looks at 128 KiB
    /// if this is less: a ClientHello of up to 64 KiB, in records of at least 5 bytes (a shorter one may be in records of 1 byte).
    /// </summary>
    public int MaxPreludeBytes { get; set; } = 16 * 1024;

    /// <summary>
    /// Gets or sets the options of the PROXY protocol: the peers that are trusted to send a header, and must, so that sessions have the client that it names.
    /// Null, the default, if it is not accepted; a header goes to the server like all bytes.
    /// </summary>
    public AcceptProxyOptions? AcceptProxy { get; set; }

    /// <summary>
    /// Gets or sets the networks whose clients may connect; others are reset at once (<see cref="RejectReason.ClientNetwork"/>). If a PROXY header names the client, that one must be on the list, and the peer
    /// that sent it need not be. Clients of Unix-domain sockets are on no list, and may connect. Null, the default: all.
    /// </summary>
    public ClientNetworks? AllowClients { get; set; }

    /// <summary>
    /// Gets or sets the networks whose clients are reset at once (<see cref="RejectReason.ClientNetwork"/>), also if they are in <see cref="AllowClients"/>. It holds for the peer and for the client that a PROXY header
    /// names. Null, the default: none.
    /// </summary>
    public ClientNetworks? DenyClients { get; set; }

    /// <summary>
    /// Gets or sets the options of TLS with clients. The handshake follows a PROXY header, and has the time of <see cref="PreludeTimeout"/>. Default: null, no TLS: bytes are copied as they are.
    /// </summary>
    public ListenerTlsOptions? Tls { get; set; }

    /// <summary>
    /// Gets or sets the rules that give sessions a name by the server name and the application protocols of the client's TLS handshake. Sessions to which no rule applies go to
    /// <see cref="Destination"/> or by <see cref="Route"/>, or are refused if there is neither (<see cref="RejectReason.NoRoute"/>), with the alert <c>unrecognized_name</c>. Without <see cref="Tls"/> the ClientHello is
    /// read and goes on to the server unchanged; with it the rules apply after the handshake, to the protocol that was negotiated. Empty, the default: no rules.
    /// </summary>
    /// <remarks>
    /// Without <see cref="Tls"/>, a client that sends no TLS, or no ClientHello within <see cref="PreludeTimeout"/>, is one to which no rule applies; a ClientHello that is malformed is refused (<see cref="RejectReason.Tls"/>).
    /// An SSLRequest of PostgreSQL is answered, and then sent to the server, which must accept it. The names of rules without captures are not counted among those that clients choose
    /// (<see cref="DestinationRegistryOptions.MaxClientNamed"/>).
    /// </remarks>
    public IReadOnlyList<ServerNameRule> ServerNameRules { get; set; } = [];

    /// <summary>The steps on each connection before it is admitted, in order; a PROXY header and TLS come before them.</summary>
    internal IReadOnlyList<IPrelude> Preludes { get; set; } = [];

    /// <summary>
    /// Gets or sets the number of connections that the kernel completes ahead of the proxy, 1 or more. Default: as many as it allows (<see cref="TransportListenOptions.Backlog"/>).
    /// </summary>
    public int Backlog { get; set; } = int.MaxValue;

    /// <summary>
    /// Gets or sets the largest number of sessions of this listener at once, within <see cref="TcpProxyOptions.MaxSessions"/>. While it is reached nothing is accepted here, and
    /// clients wait in the kernel's backlog. Null, the default: no limit but that of all listeners.
    /// </summary>
    public int? MaxSessions { get; set; }

    /// <summary>
    /// Gets or sets the largest number of sessions that begin in a second, over time; more than 0, at most 1,000,000,000, and 0.5 is one in two seconds. A client beyond it is reset at once
    /// (<see cref="RejectReason.AcceptRate"/>): held back instead, clients would pile up in the backlog, and be served when they have long given up. Null,
    /// the default: no limit.
    /// </summary>
    public double? AcceptRate { get; set; }

    /// <summary>
    /// Gets or sets the number of sessions that may begin at once after a pause, in spite of <see cref="AcceptRate"/>. Null, the default: the rate, rounded up, so one second's
    /// worth. Only with a rate.
    /// </summary>
    public int? AcceptBurst { get; set; }

    /// <summary>
    /// Gets or sets the largest number of sessions of one client address at once, at this listener; a client beyond it is reset at once (<see cref="RejectReason.ClientSessions"/>).
    /// An IPv4 address counts alone, and as the same in IPv6 form; IPv6 addresses count by their /64, all of which one subscriber has
    /// (RFC 6177). Clients behind one NAT share an address; those of Unix-domain sockets have none, and no limit. Null, the default: no limit.
    /// </summary>
    public int? MaxSessionsPerClient { get; set; }

    /// <summary>
    /// Gets or sets the longest time from accept to an established server connection; at most 49 days, or <see cref="Timeout.InfiniteTimeSpan"/>. Null, the default: that of the proxy's options
    /// (<see cref="TcpProxyOptions.Connect"/>). A time in the options of a destination (<see cref="DestinationOptions.Connect"/>) takes precedence.
    /// </summary>
    public TimeSpan? ConnectTimeout { get; set; }

    /// <summary>Gets or sets the limits of each session's copy. Null, the default: those of the proxy's options (<see cref="TcpProxyOptions.Duplex"/>).</summary>
    public DuplexOptions? Duplex { get; set; }

    /// <summary>Gets or sets a value that indicates whether a client that sends its FIN while its session waits for a server connection is taken for gone. Null, the default: as in the proxy's options (<see cref="TcpProxyOptions.AbortOnClose"/>).</summary>
    public bool? AbortOnClose { get; set; }

    internal ListenerOptions Copy()
    {
        var copy = (ListenerOptions)MemberwiseClone();
        copy.AcceptProxy = AcceptProxy?.Copy();
        copy.Tls = Tls?.Copy();
        copy.Duplex = Duplex?.Copy();
        copy.ServerNameRules = ServerNameRules?.ToArray()!;
        return copy;
    }

    internal void Validate(OptionsValidator validator)
    {
        validator.NotNull(EndPoint);
        validator.Expect(Key is null || !string.IsNullOrWhiteSpace(Key), Key, "a text that is not blank, or null,");
        if (Route is null)
        {
            validator.Expect(Destination is not null || ServerNameRules is not { Count: 0 }, Destination, $"a name, or {nameof(Route)} or {nameof(ServerNameRules)} in its place,");
        }
        else
        {
            validator.Expect(Destination is null, Destination, $"null, as {nameof(Route)} chooses the name,");
        }

        ValidateRules(validator);
        validator.Optional(AcceptProxy, static (proxies, validator) => proxies.Validate(validator));
        validator.Optional(Tls, static (tls, validator) => tls.Validate(validator));
        validator.Expect(AllowClients is not { Networks.Length: 0 }, AllowClients, "null, or at least one network,");
        validator.TimerOrInfinite(PreludeTimeout);
        validator.Range(MaxPreludeBytes, 1);
        validator.Range(Backlog, 1);
        validator.Range(MaxSessions, 1);
        validator.Expect(AcceptRate is null or (> 0 and <= MaxPerSecond), AcceptRate, FormattableString.Invariant($"more than 0 sessions a second, at most {MaxPerSecond},"));
        validator.Range(AcceptBurst, 1);
        if (AcceptBurst is not null && AcceptRate is null)
        {
            validator.Add($"{nameof(AcceptRate)} beside it was expected, not null.", nameof(AcceptBurst));
        }

        validator.Range(MaxSessionsPerClient, 1);
        validator.TimerOrInfinite(ConnectTimeout);
        validator.Optional(Duplex, static (duplex, validator) => duplex.Validate(validator));
    }

    private void ValidateRules(OptionsValidator validator)
    {
        validator.Each(ServerNameRules);
        if (ServerNameRules is { } rules && rules.All(static rule => rule is not null))
        {
            foreach (var (index, problem) in Security.Routing.ServerNameRules.FindProblems(rules))
            {
                validator.Add($"{problem}.", FormattableString.Invariant($"{nameof(ServerNameRules)}[{index}]"));
            }
        }
    }
}
