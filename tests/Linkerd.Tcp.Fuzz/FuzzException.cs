namespace Linkerd.Tcp.Fuzz;

/// <summary>A parser broke its word.</summary>
public sealed class FuzzException : Exception
{
    public FuzzException(string message)
        : base(message)
    {
    }

    public FuzzException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
