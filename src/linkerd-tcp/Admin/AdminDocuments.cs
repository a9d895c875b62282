using System.Text.Json.Serialization;

namespace Linkerd.Tcp.Cli.Admin;

/// <summary>A problem document of RFC 9457.</summary>
internal sealed record ProblemDocument(
    string Type, string Title, int Status, string Detail, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Problems);

/// <summary>A listener.</summary>
internal sealed record ListenerDocument(string Router, string Address, string? Key, string? Destination, int ServerNameRules, bool Tls, bool AcceptProxy, int Sessions);

/// <summary>A router.</summary>
internal sealed record RouterDocument(string Label, string Interpreter, int Listeners, int Destinations, int Sessions);

/// <summary>A destination: a name at run time.</summary>
internal sealed record DestinationDocument(
    string Router, string Name, string Resolution, string? Error, double AgeSeconds, bool IsStale, int Endpoints, int PendingSessions, long Updates, long Failures);

/// <summary>An endpoint of a destination.</summary>
internal sealed record EndpointDocument(
    string Router,
    string Destination,
    string Address,
    string State,
    double Weight,
    double EffectiveWeight,
    long Open,
    long Pending,
    double? ProbeAfterSeconds,
    double ConnectLatencySeconds,
    long Picks,
    long ConnectFailures,
    long Ejections);

/// <summary>A session that is open.</summary>
internal sealed record SessionDocument(
    long Id,
    string Router,
    string Phase,
    string Listener,
    string? Client,
    string? Peer,
    string? ServerName,
    string? Protocol,
    string? Name,
    string? Endpoint,
    DateTimeOffset Start,
    double AgeSeconds,
    long BytesFromClient,
    long BytesToServer,
    long BytesFromServer,
    long BytesToClient);

/// <summary>The resolver of a router.</summary>
internal sealed record ResolverDocument(string Router, string Interpreter, IReadOnlyList<ResolverServerDocument> Servers, int Names, IReadOnlyList<AnswerDocument> LastAnswers);

/// <summary>A server that resolves names.</summary>
internal sealed record ResolverServerDocument(string Address, bool? IsAvailable, string? Error, double? RetryAfterSeconds);

/// <summary>The last answer about a name.</summary>
internal sealed record AnswerDocument(string Name, string Resolution, string? Error, double AgeSeconds);

/// <summary>A certificate, or the roots of one purpose.</summary>
internal sealed record CertificateDocument(
    string? Router, string Side, string File, string? Subject, IReadOnlyList<string> Names, string Thumbprint, DateTimeOffset NotBefore, DateTimeOffset NotAfter, DateTimeOffset LoadedAt, string? Problem);

/// <summary>An event loop.</summary>
internal sealed record LoopDocument(int Index, int Connections, double BusySeconds);

/// <summary>The levels of the log.</summary>
internal sealed record LogLevelDocument(string Level, DateTimeOffset? Until);

/// <summary>A request to change the levels of the log.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record LogLevelRequest(string? Level, int? ForSecs);

/// <summary>The result of an action; that of a reload has the keys that cannot change until the process is restarted, if the file has others.</summary>
internal sealed record ActionDocument(string Result, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? NotApplied = null);

/// <summary>The paths of the interface.</summary>
internal sealed record IndexDocument(IReadOnlyList<string> Paths);

/// <summary>The forms of all documents, generated.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ProblemDocument))]
[JsonSerializable(typeof(ListenerDocument))]
[JsonSerializable(typeof(RouterDocument))]
[JsonSerializable(typeof(DestinationDocument))]
[JsonSerializable(typeof(EndpointDocument))]
[JsonSerializable(typeof(SessionDocument))]
[JsonSerializable(typeof(ResolverDocument))]
[JsonSerializable(typeof(CertificateDocument))]
[JsonSerializable(typeof(LoopDocument))]
[JsonSerializable(typeof(LogLevelDocument))]
[JsonSerializable(typeof(LogLevelRequest))]
[JsonSerializable(typeof(ActionDocument))]
[JsonSerializable(typeof(IndexDocument))]
internal sealed partial class AdminJson : JsonSerializerContext;
