namespace Linkerd.Tcp.Naming.Files;

/// <summary>What is taken to be at a place of the directory. Immutable.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Content">What the file says, or last said before it could not be read any more; null where it is no file, or never could be read.</param>
/// <param name="Error">Why it cannot be read, or why it cannot even be told what it is.</param>
internal sealed record FileState(FileKind Kind, EndpointFile? Content = null, string? Error = null)
{
    public static FileState Unknown { get; } = new(FileKind.Unknown);

    public static FileState Missing { get; } = new(FileKind.Missing);

    public static FileState Directory { get; } = new(FileKind.Directory);
}
