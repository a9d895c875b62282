namespace Linkerd.Tcp.Hosting;

/// <summary>The exception that is thrown if the text of an option is not valid.</summary>
/// <param name="message">The problem of the text and the expected form, without the place of the text.</param>
public sealed class InvalidValueException(string message) : FormatException(message);
