namespace Linkerd.Tcp.TestUtilities;

/// <summary>One event of a watch over HTTP.</summary>
/// <param name="Text">A document, or the message of an exception.</param>
/// <param name="IsError">Whether binding threw: nothing comes after it.</param>
internal sealed record StandInEvent(string Text, bool IsError = false);
