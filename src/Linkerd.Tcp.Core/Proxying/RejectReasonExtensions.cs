namespace Linkerd.Tcp.Proxying;

/// <summary>Maps a <see cref="RejectReason"/> to its word in logs and metrics, and to its phase.</summary>
internal static class RejectReasonExtensions
{
    // As Refusal; constants, as every refused client reports one to the metrics.
    private static readonly string[] Words = ["none", "accept_rate", "client_sessions", "destination_sessions", "pending_full", "no_endpoint", "retry_budget", "no_route", "prelude", "proxy_protocol", "client_network", "destinations_full",
        "tls", "tls_handshakes", "tls_rate"];

    /// <summary>The snake_case word.</summary>
    public static string ToTag(this RejectReason refusal) => Words[(int)refusal];

    /// <summary>The phase in which a session is refused so.</summary>
    public static ClosePhase PhaseOf(this RejectReason refusal) =>
        refusal is RejectReason.AcceptRate or RejectReason.ClientSessions or RejectReason.DestinationSessions or RejectReason.NoRoute or RejectReason.Prelude or RejectReason.ProxyProtocol or RejectReason.ClientNetwork or RejectReason.DestinationsFull
            or RejectReason.Tls or RejectReason.TlsHandshakes or RejectReason.TlsHandshakeRate
            ? ClosePhase.Accept : ClosePhase.Queue;
}
