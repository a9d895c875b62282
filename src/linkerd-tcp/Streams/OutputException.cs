namespace Linkerd.Tcp.Cli.Streams;

/// <summary>The exception that is thrown if the standard output cannot be written.</summary>
/// <param name="message">The reason, in the words of the system.</param>
internal sealed class OutputException(string message) : Exception(message);
