namespace Linkerd.Tcp.Tests.Architecture;

/// <summary>A source file.</summary>
/// <param name="Path">Relative to its project, with slashes.</param>
/// <param name="Text">All of it.</param>
internal sealed record SourceFile(string Path, string Text)
{
    /// <summary>The first folder; empty for a file that is in none.</summary>
    public string Room => Path.Contains('/', StringComparison.Ordinal) ? Path[..Path.IndexOf('/', StringComparison.Ordinal)] : string.Empty;

    /// <summary>The folder at its full depth, with slashes; empty for a file that is in none.</summary>
    public string Folder => Path.Contains('/', StringComparison.Ordinal) ? Path[..Path.LastIndexOf('/')] : string.Empty;
}
