namespace Linkerd.Tcp.Primitives;

/// <summary>The exception that is thrown if options are not valid. The message has a line for each such option.</summary>
public sealed class InvalidOptionsException : ArgumentException
{
    /// <summary>Initializes an exception for some options.</summary>
    /// <param name="errors">The options that are not valid.</param>
    /// <param name="paramName">The name of the parameter that the options were passed to.</param>
    internal InvalidOptionsException(IReadOnlyList<OptionsError> errors, string? paramName)
        : base(string.Join(Environment.NewLine, errors), paramName) => Errors = [.. errors];

    /// <summary>Gets all options that are not valid, in the order in which they are declared.</summary>
    public IReadOnlyList<OptionsError> Errors { get; }
}
