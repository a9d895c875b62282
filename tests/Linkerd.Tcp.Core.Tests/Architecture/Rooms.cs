namespace Linkerd.Tcp.Tests.Architecture;

/// <summary>The folders of Linkerd.Tcp.Core, and which of them each one may know.</summary>
internal static class Rooms
{
    // Known by all.
    private static readonly string[] Common = ["Diagnostics", "Primitives", "Infrastructure"];

    private static readonly string[] Middle = ["Transport", "Resolving"];

    /// <summary>From the bottom up: a room knows rooms that come before it, so that there is no circle.</summary>
    public static IReadOnlyList<(string Room, string[] Knows)> All { get; } =
    [
        ("Diagnostics", []),
        ("Primitives", ["Diagnostics"]),
        ("Infrastructure", ["Diagnostics", "Primitives"]),
        ("Transport", Common),
        ("Resolving", Common),
        ("Balancing", [.. Middle, .. Common]),
        ("Proxying", [.. Middle, .. Common]),
        ("Security", [.. Middle, .. Common]),
        ("ProxyProtocol", [.. Middle, .. Common]),
        ("Dialing", ["Balancing", "Security", "ProxyProtocol", .. Middle, .. Common]),
        ("Routing", ["Dialing", "Balancing", "Proxying", "Security", "ProxyProtocol", .. Middle, .. Common]),
        ("Sessions", ["Routing", "Dialing", "Balancing", "Proxying", "Security", "ProxyProtocol", .. Middle, .. Common]),
        ("Serving", ["Sessions", "Routing", "Dialing", "Balancing", "Proxying", "Security", "ProxyProtocol", .. Middle, .. Common]),
    ];

    /// <summary>The circles of folders that are left, by package; until the two packages share one engine of watches.</summary>
    public static IReadOnlyDictionary<string, string> KnownCircles { get; } = new Dictionary<string, string>
    {
        ["Linkerd.Tcp.Namerd"] = ", Documents, Http, Requests, Servers, Shared, Watching",
        ["Linkerd.Tcp.Namerd.Mesh"] = ", Delegation, Servers, Watching",
    };

    /// <summary>The folders of Linkerd.Tcp.Hosting from the bottom up: each may know those before it.</summary>
    public static string[] Hosting { get; } = ["Model", "Values", "Options", "Kinds", "Table", "Mapping", "Reading", "Running", "Hosted", "Health", "Connections", "DependencyInjection"];

    /// <summary>What other packages may know of Core; the executable, which wires everything, may know it all.</summary>
    public static string[] KnownByNamerd { get; } = ["Resolving", "Security", .. Common];

    /// <summary>Every use of a type of a room that may not be known, in words.</summary>
    public static IEnumerable<string> Violations(IReadOnlyCollection<SourceFile> files, Func<string, string[]> knows, IReadOnlyCollection<SourceFile> core)
    {
        var roomOf = core
            .SelectMany(file => SourceScanner.Declared(file.Text).Where(type => type.Depth == 0).Select(type => (type.Name, file.Room)))
            .Distinct()
            .ToLookup(type => type.Name, type => type.Room);
        foreach (var room in files.GroupBy(file => file.Room))
        {
            // A type of the room's own, nested ones included, hides one of the same name elsewhere.
            var own = room.SelectMany(file => SourceScanner.Declared(file.Text)).Select(type => type.Name).ToHashSet();
            var allowed = knows(room.Key);
            foreach (var file in room)
            {
                foreach (var used in SourceScanner.Used(file.Text).Where(name => !own.Contains(name)))
                {
                    foreach (var other in roomOf[used].Where(other => !allowed.Contains(other)))
                    {
                        yield return $"{file.Path} uses {used}, which is of {other}";
                    }
                }
            }
        }
    }
}
