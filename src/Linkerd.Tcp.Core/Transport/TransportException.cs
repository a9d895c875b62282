namespace Linkerd.Tcp.Transport;

/// <summary>The exception that is thrown if a transport cannot bind, listen or accept. The message can be shown to users.</summary>
public sealed class TransportException : IOException
{
    /// <summary>Initializes an exception.</summary>
    /// <param name="message">What could not be done, and why, for a person.</param>
    /// <param name="innerException">The cause; null if there is none.</param>
    public TransportException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
