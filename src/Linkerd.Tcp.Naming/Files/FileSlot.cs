namespace Linkerd.Tcp.Naming.Files;

/// <summary>Where a name leads in a directory.</summary>
/// <param name="State">What is there.</param>
/// <param name="Depth">After how many labels.</param>
internal sealed record FileSlot(FileState State, int Depth)
{
    /// <summary>Whether this is a file: the name exists, whatever its content.</summary>
    public bool IsFile => State.Kind == FileKind.File && Depth > 0;

    /// <summary>Whether a name is bound to the same here as there.</summary>
    public bool IsSamePlace(FileSlot other) =>
        State.Kind == other.State.Kind && Depth == other.Depth && (State.Kind != FileKind.Broken || State.Error == other.State.Error);
}
