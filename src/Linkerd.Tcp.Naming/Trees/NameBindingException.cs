namespace Linkerd.Tcp.Naming;

/// <summary>The exception that is thrown if a name can never be bound. The message contains the name, the part that is wrong, and the expected form.</summary>
public sealed class NameBindingException : FormatException
{
    /// <summary>Initializes an exception for a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="problem">The part that is wrong, and the expected form.</param>
    public NameBindingException(DstPath name, string problem)
        : base($"'{name}': {problem}")
    {
        Name = name;
    }

    /// <summary>Gets the name.</summary>
    public DstPath Name { get; }
}
