namespace Linkerd.Tcp.Naming.Files;

/// <summary>The place of a name in a directory.</summary>
/// <param name="State">The state of the place.</param>
/// <param name="Depth">The number of labels up to it.</param>
internal sealed record FileSlot(FileState State, int Depth)
{
    /// <summary>True if this is a file: the name exists, whatever its content.</summary>
    public bool IsFile => State.Kind == FileKind.File && Depth > 0;

    /// <summary>Returns true if a name is bound to the same here as there.</summary>
    public bool IsSamePlace(FileSlot other) =>
        State.Kind == other.State.Kind && Depth == other.Depth && (State.Kind != FileKind.Broken || State.Error == other.State.Error);
}
