using System.Globalization;
using System.Net;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Routing;

/// <summary>The exception that is thrown by <see cref="Destination.ConnectAsync"/> and <see cref="DestinationExtensions"/> if there is no connection.</summary>
public sealed class ConnectException : IOException
{
    /// <summary>Initializes an exception with a message of its own, for tests of code that catches it.</summary>
    /// <param name="message">The message.</param>
    /// <param name="reason">The reason.</param>
    /// <param name="attempts">The number of attempts.</param>
    /// <param name="lastFailure">The failure of the last attempt.</param>
    /// <param name="lastEndPoint">The address of the last attempt; null if there was none.</param>
    public ConnectException(string message, CloseReason reason, int attempts, ConnectFailure lastFailure, EndPoint? lastEndPoint = null)
        : base(message)
    {
        Reason = reason;
        Attempts = attempts;
        LastFailure = lastFailure;
        LastEndPoint = lastEndPoint;
    }

    /// <summary>Gets the side that is to blame, and the phase, as for a session: <c>sQ</c> if the time ended in the queue, <c>SC</c> if connecting failed.</summary>
    public CloseReason Reason { get; }

    /// <summary>Gets the number of attempts to connect.</summary>
    public int Attempts { get; }

    /// <summary>Gets the failure of the last attempt; <see cref="ConnectFailure.None"/> if there was no attempt.</summary>
    public ConnectFailure LastFailure { get; }

    /// <summary>Gets the address of the endpoint of the last attempt; null if there was no attempt.</summary>
    public EndPoint? LastEndPoint { get; }

    /// <summary>Returns the exception for an establishment that has ended without a connection.</summary>
    internal static ConnectException Of(DstPath name, Establishment establishment)
    {
        // An attempt that the deadline cancelled has timed out.
        var last = establishment.LastFailure == ConnectFailure.Cancelled ? ConnectFailure.TimedOut : establishment.LastFailure;
        var (attempts, address) = (establishment.Attempts, establishment.LastEndpoint?.Address);
        var detail = establishment.Detail ?? (last == ConnectFailure.TimedOut ? "no answer before the time limit of the connection" : last.ToString());
        var text = attempts switch
        {
            0 when establishment.Waited > TimeSpan.Zero => string.Create(CultureInfo.InvariantCulture, $"no endpoint to try for {establishment.Waited.TotalSeconds:0.###} s, as {detail}"),
            0 => $"no endpoint was tried, as {detail}",
            1 => $"the attempt at {address} failed: {detail}",
            _ => $"{attempts.ToString(CultureInfo.InvariantCulture)} attempts failed, the last one at {address}: {detail}",
        };
        return new($"No connection to {name}: {text} (close reason {establishment.Reason}).", establishment.Reason, attempts, last, address);
    }

    /// <summary>Returns the exception for a connection that is rejected before any establishment.</summary>
    internal static ConnectException Rejected(string message, RejectReason reason)
    {
        var closed = CloseReason.Rejected(reason);
        return new($"{message} (close reason {closed}).", closed, 0, ConnectFailure.None);
    }
}
