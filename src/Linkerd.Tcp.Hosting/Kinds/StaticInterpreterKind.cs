using Linkerd.Tcp.Hosting.Options;

namespace Linkerd.Tcp.Hosting.Kinds;

/// <summary>The kind of fixed endpoints.</summary>
internal static class StaticInterpreterKind
{
    public static InterpreterKind Instance { get; } = new InterpreterKind<StaticInterpreterConfiguration>(
        StaticInterpreterConfiguration.KindName,
        "One fixed set of endpoints for every name",
        RouterOptions.Static,
        static () => new StaticInterpreterConfiguration(),
        static (configuration, _) => new NamingServices(new StaticResolver(configuration.Addrs))
        {
            ClearOnNegative = true,
            Scope = $"static {string.Join(',', configuration.Addrs)}",
        });
}
