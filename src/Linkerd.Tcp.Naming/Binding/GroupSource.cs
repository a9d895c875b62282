namespace Linkerd.Tcp.Naming.Binding;

/// <summary>Where a group of a set comes from: what it is the same by when the groups around it come and go.</summary>
/// <param name="Id">The leaf of a name's tree.</param>
/// <param name="Number">Which of the leaf's groups, from 0.</param>
internal sealed record GroupSource(DstPath Id, int Number);
