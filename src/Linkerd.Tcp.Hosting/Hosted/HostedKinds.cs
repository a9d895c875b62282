using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Linkerd.Tcp.Hosting.Hosted;

/// <summary>The kinds that were registered for one proxy or one destination.</summary>
internal sealed class HostedKinds
{
    public List<Func<IServiceProvider, InterpreterKind>> Interpreters { get; } = [];

    public List<NamerKind> Namers { get; } = [];
}

/// <summary>Makes the table of options of each proxy and each destination, with its kinds. Any thread.</summary>
internal sealed class HostedTables(IOptionsMonitor<HostedKinds> kinds, IServiceProvider services)
{
    private readonly ConcurrentDictionary<string, ConfigurationTable> _tables = new(StringComparer.Ordinal);

    /// <summary>Gets the table of a proxy or a destination.</summary>
    /// <param name="key">The name of its <see cref="HostedKinds"/>.</param>
    public ConfigurationTable Get(string key) => _tables.GetOrAdd(key, Make);

    // A package may be registered twice.
    private ConfigurationTable Make(string key)
    {
        var registered = kinds.Get(key);
        return new ConfigurationTable(new InterpreterKinds(
            [.. registered.Namers.DistinctBy(static kind => kind.Name)],
            registered.Interpreters.Select(make => make(services)).DistinctBy(static kind => kind.Name)));
    }
}

/// <summary>The names of <see cref="HostedKinds"/>: a proxy and a destination may have the same name, and have kinds of their own.</summary>
internal static class HostedKeys
{
    public static string Proxy(string name) => $"proxy {name}";

    public static string Destination(string name) => $"destination {name}";
}
