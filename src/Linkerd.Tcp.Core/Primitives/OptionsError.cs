namespace Linkerd.Tcp.Primitives;

/// <summary>Represents one option that is not valid.</summary>
public sealed class OptionsError
{
    /// <summary>Makes an error.</summary>
    /// <param name="path">The path of the option from the options that were handed over, such as <c>Listeners[0].AcceptRate</c>.</param>
    /// <param name="message">What was expected, and what was given.</param>
    internal OptionsError(string path, string message)
    {
        Path = path;
        Message = message;
    }

    /// <summary>Gets the path of the option from the options that were handed over, such as <c>Listeners[0].AcceptRate</c>.</summary>
    public string Path { get; }

    /// <summary>Gets what was expected, and what was given.</summary>
    public string Message { get; }

    /// <summary>Returns the path and the message.</summary>
    public override string ToString() => $"{Path}: {Message}";
}
