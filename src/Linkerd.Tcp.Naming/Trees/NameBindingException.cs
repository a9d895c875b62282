namespace Linkerd.Tcp.Naming;

/// <summary>Thrown when a name can never be bound. The message has the name, the part that is wrong, and what was expected there.</summary>
public sealed class NameBindingException : FormatException
{
    /// <summary>Makes an exception for a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="problem">The part that is wrong, and what was expected there.</param>
    public NameBindingException(DstPath name, string problem)
        : base($"'{name}': {problem}")
    {
        Name = name;
    }

    /// <summary>Gets the name.</summary>
    public DstPath Name { get; }
}
