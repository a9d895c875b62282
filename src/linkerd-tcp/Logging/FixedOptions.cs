using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Linkerd.Tcp.Cli;

/// <summary>Options that never change, for a constructor that asks for a monitor; so no container is needed.</summary>
internal sealed class FixedOptions(ConsoleLoggerOptions value) : IOptionsMonitor<ConsoleLoggerOptions>
{
    /// <inheritdoc/>
    public ConsoleLoggerOptions CurrentValue => value;

    /// <inheritdoc/>
    public ConsoleLoggerOptions Get(string? name) => value;

    /// <inheritdoc/>
    public IDisposable? OnChange(Action<ConsoleLoggerOptions, string?> listener) => null;
}
