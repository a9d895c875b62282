namespace Linkerd.Tcp.Cli.Running;

/// <summary>Represents a prepared change of the options of the executable itself; every step that may fail is done.</summary>
/// <param name="NotApplied">The keys of its own that cannot change while the process runs.</param>
/// <param name="Apply">Applies the change, with all keys that cannot change; cannot fail.</param>
/// <param name="Discard">Takes back what was prepared.</param>
internal sealed record ProcessChange(IReadOnlyList<string> NotApplied, Action<IReadOnlyList<string>> Apply, Action Discard);
