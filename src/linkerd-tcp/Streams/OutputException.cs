namespace Linkerd.Tcp.Cli.Streams;

/// <summary>The standard output cannot be written.</summary>
/// <param name="message">Why, in the words of the system.</param>
internal sealed class OutputException(string message) : Exception(message);
