namespace Linkerd.Tcp.Hosting;

/// <summary>Represents the result of <see cref="ProxyHost.ApplyAsync"/>. Keys are those of the configuration, with labels, addresses and prefixes in place of numbers, such as <c>routers[web].servers[127.0.0.1:4140].idleTimeoutMs</c>.</summary>
public sealed class ConfigurationChanges
{
    internal ConfigurationChanges(IReadOnlyList<string> applied, IReadOnlyList<string> notApplied) => (Applied, NotApplied) = (applied, notApplied);

    /// <summary>Gets the keys of everything that has changed; one for a router or a server that was added or removed. Empty if the configuration was in force already: nothing was done then.</summary>
    public IReadOnlyList<string> Applied { get; }

    /// <summary>Gets the keys whose values differ from those in force and cannot change while the process runs; everything else was applied.</summary>
    public IReadOnlyList<string> NotApplied { get; }
}
