namespace Linkerd.Tcp.Balancing;

/// <summary>
/// Represents the end of a connection, for <see cref="EndpointLease.Complete(in ConnectionReport)"/>. It is soft evidence about the endpoint, and counts if
/// <see cref="CircuitBreakerOptions.EarlyCloses"/> is set. The default value is no evidence about the endpoint.
/// </summary>
/// <param name="bytesFromServer">The number of bytes that the server has sent. Any byte is a sign of life.</param>
/// <param name="openFor">The time for which the connection was open, until its first direction ended.</param>
/// <param name="endedByServer">
/// True if the server ended the connection first, with a FIN or a RST. An end by the client, by this process or by an operator is no evidence about the server.
/// </param>
internal readonly struct ConnectionReport(long bytesFromServer, TimeSpan openFor, bool endedByServer)
{
    /// <summary>Gets the number of bytes that the server has sent.</summary>
    public long BytesFromServer { get; } = bytesFromServer;

    /// <summary>Gets the time for which the connection was open.</summary>
    public TimeSpan OpenFor { get; } = openFor;

    /// <summary>Gets a value that indicates whether the server ended the connection first.</summary>
    public bool EndedByServer { get; } = endedByServer;
}
