namespace Linkerd.Tcp.Cli;

/// <summary>A value of the command line is wrong; the message says in what way and what was expected, but not where it stood.</summary>
internal sealed class InvalidValueException(string message) : Exception(message);
