namespace Linkerd.Tcp.Hosting;

/// <summary>The exception that is thrown if the text of an option cannot be read.</summary>
/// <param name="message">What is wrong with the text and what was expected, without the place of the text.</param>
public sealed class InvalidValueException(string message) : FormatException(message);
