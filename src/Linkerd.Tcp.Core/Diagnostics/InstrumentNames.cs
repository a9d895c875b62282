namespace Linkerd.Tcp.Diagnostics;

/// <summary>The names of all instruments of the meters of <see cref="LinkerdTcpTelemetry"/>, and of their tags.</summary>
internal static class InstrumentNames
{
    public const string SessionsAccepted = "linkerd.tcp.sessions.accepted";
    public const string SessionsActive = "linkerd.tcp.sessions.active";
    public const string SessionsClosed = "linkerd.tcp.sessions.closed";
    public const string SessionsRefused = "linkerd.tcp.sessions.refused";
    public const string SessionDuration = "linkerd.tcp.session.duration";
    public const string Io = "linkerd.tcp.io";
    public const string Discarded = "linkerd.tcp.io.discarded";
    public const string AcceptFailures = "linkerd.tcp.accept.failures";
    public const string TransportConnections = "linkerd.tcp.transport.connections";
    public const string LoopBusy = "linkerd.tcp.loop.busy";
    public const string LoopLag = "linkerd.tcp.loop.lag";
    public const string ConnectAttempts = "linkerd.tcp.connect.attempts";
    public const string ConnectFailures = "linkerd.tcp.connect.failures";
    public const string ConnectDuration = "linkerd.tcp.connect.duration";
    public const string Destinations = "linkerd.tcp.destinations";
    public const string DestinationsEvicted = "linkerd.tcp.destinations.evicted";
    public const string DestinationsRefused = "linkerd.tcp.destinations.refused";
    public const string Endpoints = "linkerd.tcp.endpoints";
    public const string EndpointConnections = "linkerd.tcp.endpoint.connections";
    public const string EndpointOpen = "linkerd.tcp.endpoint.open";
    public const string EndpointPending = "linkerd.tcp.endpoint.pending";
    public const string EndpointPicks = "linkerd.tcp.endpoint.picks";
    public const string EndpointFailures = "linkerd.tcp.endpoint.failures";
    public const string EndpointEjections = "linkerd.tcp.endpoint.ejections";
    public const string EndpointIo = "linkerd.tcp.endpoint.io";
    public const string EndpointBreaker = "linkerd.tcp.endpoint.breaker";
    public const string EndpointWeight = "linkerd.tcp.endpoint.weight";
    public const string EndpointCheck = "linkerd.tcp.endpoint.check";
    public const string EndpointsOmitted = "linkerd.tcp.endpoints.omitted";
    public const string Checks = "linkerd.tcp.checks";
    public const string SessionsWaiting = "linkerd.tcp.sessions.waiting";
    public const string SessionsWaited = "linkerd.tcp.sessions.waited";
    public const string ResolverUpdates = "linkerd.tcp.resolver.updates";
    public const string ResolverFailures = "linkerd.tcp.resolver.failures";
    public const string ResolverAge = "linkerd.tcp.resolver.age";
    public const string ResolverStale = "linkerd.tcp.resolver.stale";
    public const string CertificateExpiration = "linkerd.tcp.certificate.expiration";
    public const string CertificateLoaded = "linkerd.tcp.certificate.loaded";
    public const string CertificateFailures = "linkerd.tcp.certificate.failures";
    public const string TlsHandshakes = "linkerd.tcp.tls.handshakes";
    public const string TlsHandshakesActive = "linkerd.tcp.tls.handshakes.active";
    public const string TlsHandshakeFailures = "linkerd.tcp.tls.handshake.failures";
    public const string TlsHandshakeDuration = "linkerd.tcp.tls.handshake.duration";
    public const string TlsTruncated = "linkerd.tcp.tls.truncated";

    public const string Destination = "destination";
    public const string Endpoint = "endpoint";
    public const string State = "state";
    public const string Result = "result";
    public const string Reason = "reason";
    public const string Loop = "loop";
    public const string Cause = "cause";
    public const string Certificate = "certificate";
    public const string Kind = "kind";
    public const string Version = "version";
    public const string Resumed = "resumed";
    public const string Side = "side";
    public const string Direction = "network.io.direction";
}
