namespace Linkerd.Tcp.Primitives;

/// <summary>Represents one option that is not valid.</summary>
/// <param name="Path">The path of the option from the options that were handed over, such as <c>Listeners[0].AcceptRate</c>.</param>
/// <param name="Message">What was expected, and what was given.</param>
public readonly record struct OptionsError(string Path, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Path}: {Message}";
}
