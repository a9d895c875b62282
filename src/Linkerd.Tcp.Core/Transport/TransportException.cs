namespace Linkerd.Tcp.Transport;

/// <summary>A transport could not do what it was asked: bind, listen or accept. The message is fit for a person.</summary>
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
