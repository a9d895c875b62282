using Linkerd.Tcp.Infrastructure;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Routing;

/// <summary>Represents a validated change of the options of all destinations of a registry; every step that may fail is done. For use while <see cref="DestinationRegistry.Configuring"/> is held.</summary>
internal sealed partial class RegistryChange
{
    private readonly DestinationRegistry _registry;
    private readonly Func<DstPath, DestinationOptions> _optionsFor;
    private readonly DestinationRegistryOptions? _options;
    private readonly List<Destination> _known;
    private readonly List<DestinationChange?> _changes;

    private RegistryChange(
        DestinationRegistry registry, Func<DstPath, DestinationOptions> optionsFor, DestinationRegistryOptions? options, List<Destination> known, List<DestinationChange?> changes) =>
        (_registry, _optionsFor, _options, _known, _changes) = (registry, optionsFor, options, known, changes);

    /// <summary>Prepares a change.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="optionsFor">Gets the options of each name.</param>
    /// <param name="options">The limits of the registry; null if they stay.</param>
    /// <param name="validator">Collects all errors.</param>
    /// <returns>The change; null if an option is not valid.</returns>
    public static RegistryChange? Prepare(DestinationRegistry registry, Func<DstPath, DestinationOptions> optionsFor, DestinationRegistryOptions? options, OptionsValidator validator)
    {
        var before = validator.ErrorCount;
        var own = options?.Copy();
        validator.Optional(own, static (own, validator) => own.Validate(validator), nameof(options));
        var known = registry.Table.GetAll();
        var change = new RegistryChange(registry, optionsFor, own, known, [.. known.Select(destination => Prepare(destination, optionsFor, validator))]);
        if (validator.ErrorCount == before)
        {
            return change;
        }

        change.Discard();
        return null;
    }

    /// <summary>Prepares a change of one destination.</summary>
    public static DestinationChange? Prepare(Destination destination, Func<DstPath, DestinationOptions> optionsFor, OptionsValidator validator)
    {
        DestinationChange? change = null;
        var path = $"[{destination.Name}]";
        try
        {
            validator.Nested(optionsFor(destination.Name), (options, validator) => change = DestinationChange.Prepare(destination, options, validator), path);
        }
        catch (Exception error)
        {
            validator.Add($"Options were expected; the function threw {error.GetType().Name}: {error.Message}", path);
        }

        return change;
    }

    /// <summary>Applies the change.</summary>
    public void Apply()
    {
        _registry.Use(_optionsFor, _options);
        _changes.ForEach(static change => change!.Apply());

        // Destinations that were created from the old function in the meantime.
        foreach (var late in _registry.Table.GetAll().Except(_known))
        {
            var mine = new OptionsValidator();
            Prepare(late, _optionsFor, mine)?.Apply();
            if (mine.ErrorCount > 0)
            {
                Log.KeepsOptions(_registry.Logger, late.Name);
            }
        }
    }

    /// <summary>Releases the resources of a change that is not applied.</summary>
    public void Discard() => _changes.ForEach(static change => change?.Discard());

    private static partial class Log
    {
        [LoggerMessage(3026, LogLevel.Error, "{Name}: the new options are not valid, and it was made while the others were validated; it keeps the old ones", EventName = "OptionsKept")]
        public static partial void KeepsOptions(ILogger logger, DstPath name);
    }
}
