namespace Linkerd.Tcp;

/// <summary>What a <see cref="Refusal"/> is called in logs and metrics, and where it happens.</summary>
internal static class RefusalExtensions
{
    // As Refusal; constants, as every refused client tells one to the metrics.
    private static readonly string[] Words = ["none", "accept_rate", "client_sessions", "destination_sessions", "waiters_full", "no_endpoint", "retry_budget", "no_route", "prelude", "proxy_protocol", "client_network", "destinations_full"];

    /// <summary>The snake_case word.</summary>
    public static string ToWord(this Refusal refusal) => Words[(int)refusal];

    /// <summary>The phase in which a session is refused so.</summary>
    public static ClosePhase PhaseOf(this Refusal refusal) =>
        refusal is Refusal.AcceptRate or Refusal.ClientSessions or Refusal.DestinationSessions or Refusal.NoRoute or Refusal.Prelude or Refusal.ProxyProtocol or Refusal.ClientNetwork or Refusal.DestinationsFull
            ? ClosePhase.Accept : ClosePhase.Queue;
}
