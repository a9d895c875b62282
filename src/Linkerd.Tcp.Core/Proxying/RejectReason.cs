namespace Linkerd.Tcp.Proxying;

/// <summary>
/// Specifies the limit of the proxy that refused a client. The client is reset at once; nothing of it went to a server. A limit of a listener or of
/// all sessions is none of these: it holds clients back, in the kernel's backlog.
/// </summary>
public enum RejectReason
{
    /// <summary>The client was not refused.</summary>
    None = 0,

    /// <summary><c>accept_rate</c>: more clients a second than <see cref="ListenerOptions.AcceptRate"/>.</summary>
    AcceptRate,

    /// <summary><c>client_sessions</c>: its address has as many sessions as <see cref="ListenerOptions.MaxSessionsPerClient"/>.</summary>
    ClientSessions,

    /// <summary><c>destination_sessions</c>: the destination has as many sessions as it may have.</summary>
    DestinationSessions,

    /// <summary><c>pending_full</c>: as many sessions as may wait for an endpoint of the destination wait already.</summary>
    PendingSessionsFull,

    /// <summary><c>no_endpoint</c>: no endpoint can take the connection now, and none will before the deadline.</summary>
    NoEndpoint,

    /// <summary><c>retry_budget</c>: an attempt to connect failed, and the destination has used up its budget of retries.</summary>
    RetryBudget,

    /// <summary>
    /// <c>no_route</c>: neither a rule nor the route of the listener gave the session a name. On a listener with rules (<see cref="ListenerOptions.ServerNameRules"/>) the client is not reset: it gets a TLS alert if it
    /// has begun with TLS, and the end.
    /// </summary>
    NoRoute,

    /// <summary><c>prelude</c>: the client's bytes before its session had a destination are not what the listener expects, or too many.</summary>
    Prelude,

    /// <summary>
    /// <c>proxy_protocol</c>: the listener accepts the PROXY protocol (<see cref="ListenerOptions.AcceptProxy"/>), and its peer sent no valid header, or is not one that is trusted to send it.
    /// </summary>
    ProxyProtocol,

    /// <summary><c>client_network</c>: its address is on the deny list of the listener, or not on its allow list.</summary>
    ClientNetwork,

    /// <summary>
    /// <c>destinations_full</c>: a rule with captures, or the listener's route, gave a name that has no destination yet, and the number of destinations with names that clients choose is at its limit.
    /// </summary>
    DestinationsFull,

    /// <summary><c>tls</c>: the TLS handshake with the client failed, or its ClientHello, which was to be read for its server name, is malformed.</summary>
    Tls,

    /// <summary><c>tls_handshakes</c>: too many TLS handshakes are under way.</summary>
    TlsHandshakes,

    /// <summary><c>tls_rate</c>: its address has begun more TLS handshakes a second than <see cref="Security.ListenerTlsOptions.MaxHandshakeRatePerClient"/>.</summary>
    TlsHandshakeRate,
}
