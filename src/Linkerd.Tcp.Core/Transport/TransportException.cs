namespace Linkerd.Tcp.Transport;

/// <summary>The exception that is thrown if a transport cannot bind, listen or accept. The message can be shown to users.</summary>
public sealed class TransportException : IOException
{
    /// <inheritdoc/>
    public TransportException()
    {
    }

    /// <inheritdoc/>
    public TransportException(string message)
        : base(message)
    {
    }

    /// <inheritdoc/>
    public TransportException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
