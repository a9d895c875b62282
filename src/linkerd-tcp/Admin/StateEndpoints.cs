using System.Globalization;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Cli.Admin;

/// <summary>The lists of the state of the proxy.</summary>
internal sealed class StateEndpoints(AdminServices services, ListenerIdentity? identity)
{
    // Names in the document of a resolver; all of them are destinations.
    private const int MaxAnswers = 100;

    private IReadOnlyList<HostedRouter> Routers => services.Host.Routers;

    public StateList<(HostedRouter Router, ListenerOptions Options, string Address), ListenerDocument> Listeners() => new(
        () => Routers.SelectMany(static router => router.Proxy.Options.Listeners.Zip(router.Proxy.LocalEndPoints, (options, address) => (router, options, $"{address}"))),
        static item => new(
            item.Router.Label,
            item.Address,
            item.Options.Key,
            item.Options.Destination?.ToString(),
            item.Options.ServerNameRules.Count,
            item.Options.Tls is not null,
            item.Options.AcceptProxy is not null,
            item.Router.Proxy.Sessions.Count(session => $"{session.Session.Listener}" == item.Address)),
        AdminJson.Default.ListenerDocument);

    public StateList<HostedRouter, RouterDocument> AllRouters() => new(
        () => Routers,
        router => new(router.Label, KindOf(router), router.Proxy.LocalEndPoints.Count, router.Destinations.Destinations.Count(), router.Proxy.ActiveSessions),
        AdminJson.Default.RouterDocument);

    public StateList<(HostedRouter Router, Destination Destination), DestinationDocument> Destinations() => new(
        AllDestinations,
        static item =>
        {
            var snapshot = item.Destination.Snapshot();
            return new(
                item.Router.Label, $"{snapshot.Name}", TypeOf(snapshot.Resolution), ErrorOf(snapshot.Resolution), Seconds(snapshot.Age), snapshot.IsStale, snapshot.Endpoints.Length, snapshot.PendingSessions, snapshot.Updates, snapshot.Failures);
        },
        AdminJson.Default.DestinationDocument)
    {
        Filters = new Dictionary<string, Func<string, Func<(HostedRouter Router, Destination Destination), bool>>>
        {
            ["router"] = static value => item => item.Router.Label == value,
            ["name"] = static value => item => $"{item.Destination.Name}" == value,
            ["resolution"] = static value => item => TypeOf(item.Destination.Resolution) == value,
        },
    };

    public StateList<(HostedRouter Router, Destination Destination, ServerEndpoint Endpoint), EndpointDocument> Endpoints() => new(
        () => AllDestinations().SelectMany(static item => item.Destination.Balancer.Endpoints.Select(endpoint => (item.Router, item.Destination, endpoint))),
        static item => DocumentOf(item.Router, item.Destination, item.Endpoint.Snapshot()),
        AdminJson.Default.EndpointDocument)
    {
        Filters = new Dictionary<string, Func<string, Func<(HostedRouter Router, Destination Destination, ServerEndpoint Endpoint), bool>>>
        {
            ["router"] = static value => item => item.Router.Label == value,
            ["destination"] = static value => item => $"{item.Destination.Name}" == value,
            ["address"] = static value => item => $"{item.Endpoint.Address}" == value,
            ["state"] = static value => item => StateOf(item.Endpoint.Snapshot()) == value,
        },
        Sorts = new Dictionary<string, Func<(HostedRouter Router, Destination Destination, ServerEndpoint Endpoint), double>>
        {
            ["open"] = static item => item.Endpoint.Snapshot().Open,
            ["picks"] = static item => item.Endpoint.Snapshot().Picks,
            ["connectFailures"] = static item => item.Endpoint.Snapshot().ConnectFailures,
            ["connectLatency"] = static item => item.Endpoint.Snapshot().ConnectLatency.TotalSeconds,
        },
    };

    public StateList<(HostedRouter Router, SessionRecord Record), SessionDocument> Sessions() => new(
        () => Routers.SelectMany(static router => router.Proxy.Sessions.Select(record => (router, record))),
        static item => DocumentOf(item.Router, item.Record),
        AdminJson.Default.SessionDocument)
    {
        Filters = new Dictionary<string, Func<string, Func<(HostedRouter Router, SessionRecord Record), bool>>>
        {
            ["router"] = static value => item => item.Router.Label == value,
            ["listener"] = static value => item => $"{item.Record.Session.Listener}" == value,
            ["client"] = static value => item => $"{item.Record.Session.Client}" is var client && (client == value || (client.StartsWith(value, StringComparison.Ordinal) && client.LastIndexOf(':') == value.Length)),
            ["name"] = static value => item => item.Record.Session.Name?.ToString() == value,
            ["endpoint"] = static value => item => item.Record.Server?.ToString() == value,
            ["phase"] = static value => item => PhaseOf(item.Record) == value,
            ["after"] = static value =>
            {
                var id = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new InvalidValueException("The parameter after was expected to be the id of a session.");
                return item => item.Record.Session.Id > id;
            },
        },
        Sorts = new Dictionary<string, Func<(HostedRouter Router, SessionRecord Record), double>>
        {
            ["id"] = static item => item.Record.Session.Id,
            ["age"] = static item => item.Record.Duration.TotalSeconds,
            ["bytes"] = static item => item.Record.BytesFromClient + item.Record.BytesFromServer,
        },
    };

    public StateList<HostedRouter, ResolverDocument> Resolvers() => new(
        () => Routers,
        router =>
        {
            var destinations = router.Destinations.Destinations.ToList();
            var answers = destinations.Take(MaxAnswers).Select(static destination => destination.Snapshot())
                .Select(static snapshot => new AnswerDocument($"{snapshot.Name}", TypeOf(snapshot.Resolution), ErrorOf(snapshot.Resolution), Seconds(snapshot.Age)));
            var servers = (router.Naming.Servers?.Invoke() ?? [])
                .Select(static server => new ResolverServerDocument(server.Address, server.IsAvailable, server.Error, server.RetryAfter is { } time ? Seconds(time) : null));
            return new(router.Label, KindOf(router), [.. servers], destinations.Count, [.. answers]);
        },
        AdminJson.Default.ResolverDocument);

    public StateList<(string? Router, string Side, CertificateSnapshot Certificate), CertificateDocument> Certificates() => new(
        () => Routers
            .SelectMany(static router => router.Proxy.Certificates.Select(certificate => ((string?)router.Label, "clients", certificate))
                .Concat(router.Destinations.Certificates.Select(certificate => ((string?)router.Label, "endpoints", certificate))))
            .Concat(identity is null ? [] : [(null, "admin", identity.Snapshot())]),
        static item => new(
            item.Router,
            item.Side,
            item.Certificate.File,
            item.Certificate.Subject,
            item.Certificate.Names,
            item.Certificate.Thumbprint,
            item.Certificate.NotBefore,
            item.Certificate.NotAfter,
            item.Certificate.LoadedAt,
            item.Certificate.Problem),
        AdminJson.Default.CertificateDocument);

    public StateList<LoopSnapshot, LoopDocument> Loops() => new(
        () => services.Host.Loops, static loop => new(loop.Index, loop.Connections, Seconds(loop.Busy)), AdminJson.Default.LoopDocument);

    private static EndpointDocument DocumentOf(HostedRouter router, Destination destination, ServerEndpointSnapshot endpoint) => new(
        router.Label,
        $"{destination.Name}",
        $"{endpoint.Address}",
        StateOf(endpoint),
        endpoint.Weight,
        Math.Round(endpoint.EffectiveWeight, 3),
        endpoint.Open,
        endpoint.Pending,
        endpoint.TimeToProbe is { } time && time != Timeout.InfiniteTimeSpan ? Seconds(time) : null,
        Math.Round(endpoint.ConnectLatency.TotalSeconds, 6),
        endpoint.Picks,
        endpoint.ConnectFailures,
        endpoint.Ejections);

    private static SessionDocument DocumentOf(HostedRouter router, SessionRecord record) => new(
        record.Session.Id,
        router.Label,
        PhaseOf(record),
        $"{record.Session.Listener}",
        record.Session.Client?.ToString(),
        record.Session.Peer?.ToString(),
        record.Session.ServerName,
        record.Session.ApplicationProtocol,
        record.Session.Name?.ToString(),
        record.Server?.ToString(),
        record.Start,
        Seconds(record.Duration),
        record.BytesFromClient,
        record.BytesToServer,
        record.BytesFromServer,
        record.BytesToClient);

    private static string PhaseOf(SessionRecord record) => record.Server is not null ? "copying" : record.Session.Name is not null ? "establishing" : "prelude";

    private static string StateOf(ServerEndpointSnapshot endpoint) => endpoint.IsDraining ? "draining"
        : endpoint.Breaker switch { BreakerState.Open => "ejected", BreakerState.HalfOpen => "probing", _ => "up" };

    private static string TypeOf(Resolution resolution) => resolution switch
    {
        Resolution.Bound => "bound",
        Resolution.Negative => "negative",
        Resolution.Failed => "failed",
        _ => "pending",
    };

    private static string? ErrorOf(Resolution resolution) => (resolution as Resolution.Failed)?.Error;

    private static double Seconds(TimeSpan time) => Math.Round(time.TotalSeconds, 3);

    private IEnumerable<(HostedRouter Router, Destination Destination)> AllDestinations() =>
        Routers.SelectMany(static router => router.Destinations.Destinations.Select(destination => (router, destination)));

    private string KindOf(HostedRouter router) => services.Configuration().Routers.FirstOrDefault(configured => configured.Label == router.Label)?.Interpreter.Kind ?? string.Empty;
}
