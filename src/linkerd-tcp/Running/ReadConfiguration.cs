using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.Running;

/// <summary>Represents the result of reading a configuration.</summary>
/// <param name="Configuration">The configuration; null if it cannot be read.</param>
/// <param name="Errors">The errors, each with its position; empty if there is a configuration.</param>
/// <param name="Warnings">The warnings, each with its position.</param>
internal sealed record ReadConfiguration(ProxyConfiguration? Configuration, IReadOnlyList<string> Errors, IReadOnlyList<string> Warnings);

/// <summary>Represents the file that a process was started with.</summary>
/// <param name="Path">The path; null for standard input, which cannot be read again.</param>
/// <param name="Read">Reads it; does not throw.</param>
internal sealed record ConfigurationSource(string? Path, Func<ReadConfiguration> Read);
