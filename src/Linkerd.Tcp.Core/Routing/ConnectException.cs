using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Routing;

/// <summary>The exception that is thrown by <see cref="Destination.ConnectAsync"/> if there is no connection.</summary>
public sealed class ConnectException : IOException
{
    /// <summary>Initializes an exception with a message of its own, for tests of code that catches it.</summary>
    /// <param name="message">The message.</param>
    /// <param name="reason">The reason.</param>
    /// <param name="attempts">The number of attempts.</param>
    /// <param name="lastFailure">The failure of the last attempt.</param>
    public ConnectException(string message, CloseReason reason, int attempts, ConnectFailure lastFailure)
        : base(message)
    {
        Reason = reason;
        Attempts = attempts;
        LastFailure = lastFailure;
    }

    /// <summary>Gets the side that is to blame, and the phase, as for a session: <c>sQ</c> if the time ended in the queue, <c>SC</c> if connecting failed.</summary>
    public CloseReason Reason { get; }

    /// <summary>Gets the number of attempts to connect.</summary>
    public int Attempts { get; }

    /// <summary>Gets the failure of the last attempt; <see cref="ConnectFailure.None"/> if there was no attempt.</summary>
    public ConnectFailure LastFailure { get; }
}
