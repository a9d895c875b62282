namespace Linkerd.Tcp.Hosting.Reading;

/// <summary>The keys of the original that mean nothing here, that are elsewhere here, or that it renamed itself: 0.0.1 to 0.0.3 have other keys than 0.1.0 and 0.1.1.</summary>
internal static class OriginalKeys
{
    private static readonly Dictionary<string, OriginalKey> ByPlace = new(StringComparer.Ordinal)
    {
        ["admin.metricsIntervalSecs"] = new("it has no effect: metrics are up to date whenever they are read", IsWarning: true),
        ["metricsIntervalSecs"] = new("it has no effect: metrics are up to date whenever they are read", IsWarning: true),
        ["bufferSize"] = Renamed("bufferSizeBytes"),
        ["proxies"] = new("a key of linkerd-tcp 0.0.x; expected routers, each with label, interpreter (kind: io.l5d.namerd.http, with baseUrl, namespace and periodSecs) and servers (each with ip, port and dstName)")
        {
            TopKey = "routers",
        },
        ["admin.addr"] = Renamed("ip and port"),
        ["routers[].namerd"] = new(
            "a key of linkerd-tcp 0.0.x; expected interpreter, such as {kind: io.l5d.namerd.http, baseUrl: 'http://127.0.0.1:4180', namespace: default, periodSecs: 60}, and the path as dstName of each server"),
        ["routers[].servers[].addr"] = Renamed("ip and port"),
        ["routers[].servers[].kind"] = new("a key of linkerd-tcp 0.0.x; expected none, and tls with a defaultIdentity instead of io.l5d.tls"),
        ["routers[].servers[].dstPath"] = Renamed("dstName"),
        ["routers[].servers[].alpn_protocols"] = Renamed("tls with alpnProtocols"),
        ["routers[].servers[].default_identity"] = Renamed("tls with a defaultIdentity"),
        ["routers[].servers[].tls.defaultIdentity.certPaths"] = Renamed("certs"),
        ["routers[].servers[].tls.defaultIdentity.privateKeyPath"] = Renamed("privateKey"),
        ["routers[].servers[].tls.identities.*.certPaths"] = Renamed("certs"),
        ["routers[].servers[].tls.identities.*.privateKeyPath"] = Renamed("privateKey"),
        ["routers[].client.tls.name"] = Renamed("dnsName"),
        ["routers[].client.tls.trustCertPaths"] = Renamed("trustCerts"),
    };

    /// <summary>Finds a key that is not one of this program; null if it is not one of the original either.</summary>
    /// <param name="place">The place of the key, such as <c>routers[].namerd</c>.</param>
    public static OriginalKey? Find(string place) => ByPlace.GetValueOrDefault(place);

    private static OriginalKey Renamed(string expected) => new($"a key of linkerd-tcp 0.0.x; expected {expected}");
}

/// <summary>Represents a key of the original.</summary>
/// <param name="Message">The problem, and the expected key.</param>
/// <param name="IsWarning">True if the file can be used all the same.</param>
internal sealed record OriginalKey(string Message, bool IsWarning = false)
{
    /// <summary>The key at the top of the file that the value is read as; null if it is not read.</summary>
    public string? TopKey { get; init; }
}
