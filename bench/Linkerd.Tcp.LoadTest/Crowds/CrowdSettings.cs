using Linkerd.Tcp.LoadTest.Proxies;

namespace Linkerd.Tcp.LoadTest.Crowds;

/// <summary>What `load-test crowd` and `load-test stops` were asked for.</summary>
internal sealed record CrowdSettings(IReadOnlyList<ProxyKind> Proxies, int Rounds, int Clients, int ProxyCore);
