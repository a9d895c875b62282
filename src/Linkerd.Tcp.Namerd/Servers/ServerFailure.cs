namespace Linkerd.Tcp.Namerd.Servers;

/// <summary>The mark of a server that is not used for a while.</summary>
/// <param name="Error">The error.</param>
/// <param name="Until">The time stamp from which on it may be tried again.</param>
/// <param name="IsUnreachable">True if it could not even be connected to: then a connection is proof enough that it is back.</param>
internal sealed record ServerFailure(string Error, long Until, bool IsUnreachable);
