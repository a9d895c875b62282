namespace Linkerd.Tcp.Balancing;

/// <summary>
/// Represents the end of a connection, for <see cref="EndpointLease.Complete(in ConnectionReport)"/>. It is soft evidence about the endpoint, and counts if
/// <see cref="CircuitBreakerOptions.EarlyCloses"/> is set. The default value says nothing about the endpoint.
/// </summary>
public readonly record struct ConnectionReport
{
    /// <summary>Gets the number of bytes that the server has sent. Any byte is a sign of life.</summary>
    public long BytesFromServer { get; init; }

    /// <summary>Gets the time for which the connection was open, until its first direction ended.</summary>
    public TimeSpan OpenFor { get; init; }

    /// <summary>
    /// Gets a value that indicates whether the server ended the connection first, with a FIN or a RST. An end by the client, by this process or by an operator
    /// says nothing about the server.
    /// </summary>
    public bool EndedByServer { get; init; }
}
