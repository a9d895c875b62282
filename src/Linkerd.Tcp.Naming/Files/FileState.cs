namespace Linkerd.Tcp.Naming.Files;

/// <summary>The state in force at a place of the directory. Immutable.</summary>
/// <param name="Kind">The kind of object.</param>
/// <param name="Content">The content of the file, or its last content before it could not be read any more; null if it is not a file, or never could be read.</param>
/// <param name="Error">The reason why it cannot be read, or why not even its kind is known.</param>
internal sealed record FileState(FileKind Kind, EndpointFile? Content = null, string? Error = null)
{
    public static FileState Unknown { get; } = new(FileKind.Unknown);

    public static FileState Missing { get; } = new(FileKind.Missing);

    public static FileState Directory { get; } = new(FileKind.Directory);
}
