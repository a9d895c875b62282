namespace Linkerd.Tcp.Cli.Checking;

/// <summary>Something about the text of a dtab.</summary>
/// <param name="Position">The offset in characters, from 0.</param>
/// <param name="IsError">Whether it is no dtab for that, or only an odd one.</param>
/// <param name="Message">What, in namerd's words for an error.</param>
internal sealed record DtabProblem(int Position, bool IsError, string Message);
