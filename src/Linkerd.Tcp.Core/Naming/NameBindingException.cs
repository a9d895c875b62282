namespace Linkerd.Tcp.Naming;

/// <summary>A name that no interpreter here can ever bind. The message has the name, the part that is wrong, and what was expected there.</summary>
public sealed class NameBindingException : FormatException
{
    internal NameBindingException(DstPath name, string problem)
        : base($"'{name}': {problem}")
    {
        Name = name;
    }

    /// <summary>The name.</summary>
    public DstPath Name { get; }
}
