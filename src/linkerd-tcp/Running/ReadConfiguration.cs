using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.Running;

/// <summary>Represents the result of reading a configuration.</summary>
/// <param name="Configuration">The configuration; null if it cannot be read.</param>
/// <param name="Errors">The errors, each with its position; empty if there is a configuration.</param>
/// <param name="Warnings">The warnings, each with its position.</param>
/// <param name="Describe">Describes an error of the configuration that is found later, from its key and its message, with its position; null for a text without one.</param>
internal sealed record ReadConfiguration(ProxyConfiguration? Configuration, IReadOnlyList<string> Errors, IReadOnlyList<string> Warnings, Func<string, string, string>? Describe = null);
