namespace Linkerd.Tcp.Naming.Binding;

/// <summary>The source of a group of a set: its identity when the groups around it come and go.</summary>
/// <param name="Id">The leaf of a name's tree.</param>
/// <param name="Number">The index among the leaf's groups, from 0.</param>
internal sealed record GroupSource(DstPath Id, int Number);
