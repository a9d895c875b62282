namespace Linkerd.Tcp.FunctionalTests;

/// <summary>What a reader does with one block of a page, or with one command of it.</summary>
/// <param name="Line">The number of its first line on the page.</param>
internal abstract record PageStep(int Line);

/// <summary>A file that the reader writes: <c>```yaml proxy.yml</c>.</summary>
/// <param name="Line">The number of its first line on the page.</param>
/// <param name="Name">Its path.</param>
/// <param name="Text">Its content.</param>
/// <param name="IsAppended">Whether it comes behind what the file has already.</param>
internal sealed record FileStep(int Line, string Name, string Text, bool IsAppended) : PageStep(Line);

/// <summary>Something that the reader types: a command, <see cref="Interrupt"/>, or nothing, if the page shows more of what a running program prints.</summary>
/// <param name="Line">The number of its line on the page.</param>
/// <param name="Terminal">The name of the terminal; empty for the first one.</param>
/// <param name="Text">The command.</param>
/// <param name="Output">The lines that the page shows below it; null if it shows none, whatever is printed.</param>
/// <param name="MayRunOn">Whether it may still run when its output has been printed: the last command of a block for a terminal of its own.</param>
internal sealed record CommandStep(int Line, string Terminal, string Text, IReadOnlyList<string>? Output, bool MayRunOn) : PageStep(Line)
{
    /// <summary>Ctrl+C, as terminals print it.</summary>
    public const string Interrupt = "^C";
}
