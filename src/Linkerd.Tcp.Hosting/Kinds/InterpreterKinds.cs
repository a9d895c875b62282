using Linkerd.Tcp.Hosting.Kinds;

namespace Linkerd.Tcp.Hosting;

/// <summary>Represents all kinds of interpreters: those of this package, and those that other packages register. Immutable; any thread.</summary>
public sealed class InterpreterKinds
{
    private readonly Dictionary<string, InterpreterKind> _byName = new(StringComparer.Ordinal);

    /// <summary>Initializes the kinds of this package and others beside them.</summary>
    /// <param name="kinds">The kinds of other packages.</param>
    /// <exception cref="ArgumentException">Two kinds have the same name.</exception>
    public InterpreterKinds(params IEnumerable<InterpreterKind> kinds)
        : this([], kinds)
    {
    }

    /// <summary>Registers kinds beside those of this package.</summary>
    /// <param name="namers">The kinds of namers that the embedded interpreter has beside those of its configuration.</param>
    /// <param name="kinds">The kinds of interpreters.</param>
    /// <exception cref="ArgumentException">Two kinds have one name.</exception>
    public InterpreterKinds(IReadOnlyList<NamerKind> namers, params IEnumerable<InterpreterKind> kinds)
    {
        ArgumentNullException.ThrowIfNull(namers);
        ArgumentNullException.ThrowIfNull(kinds);
        All = [LocalInterpreterKind.Of(namers), StaticInterpreterKind.Instance, .. kinds];
        foreach (var kind in All)
        {
            if (!_byName.TryAdd(kind.Name, kind))
            {
                throw new ArgumentException($"The interpreter kind '{kind.Name}' is registered twice.", nameof(kinds));
            }
        }
    }

    /// <summary>Gets all kinds, in the order of their registration.</summary>
    public IReadOnlyList<InterpreterKind> All { get; }

    /// <summary>Gets a kind by its name.</summary>
    /// <param name="name">The name, such as <c>io.l5d.namerd.http</c>.</param>
    /// <exception cref="InvalidValueException">There is no such kind; the message lists the existing ones.</exception>
    public InterpreterKind Get(string name) =>
        _byName.TryGetValue(name, out var kind) ? kind : throw new InvalidValueException($"there is no interpreter kind '{name}'; known are {string.Join(", ", All.Select(static kind => kind.Name))}");
}
