namespace Linkerd.Tcp.Primitives;

/// <summary>Represents one option that is not valid. Immutable; any thread.</summary>
public sealed class OptionsError
{
    /// <summary>Initializes an error.</summary>
    /// <param name="path">The path of the option, relative to the options that were passed, such as <c>Listeners[0].AcceptRate</c>.</param>
    /// <param name="message">The expected and the given value.</param>
    internal OptionsError(string path, string message)
    {
        Path = path;
        Message = message;
    }

    /// <summary>Gets the path of the option, relative to the options that were validated, such as <c>Listeners[0].AcceptRate</c>.</summary>
    public string Path { get; }

    /// <summary>Gets the description of the expected and the given value.</summary>
    public string Message { get; }

    /// <summary>Returns the path and the message.</summary>
    public override string ToString() => $"{Path}: {Message}";
}
