namespace Linkerd.Tcp.Cli.Checking;

/// <summary>A problem of the text of a dtab.</summary>
/// <param name="Position">The offset in characters, from 0.</param>
/// <param name="IsError">True if it makes the dtab invalid, rather than only odd.</param>
/// <param name="Message">The message, in namerd's words for an error.</param>
internal sealed record DtabProblem(int Position, bool IsError, string Message);
