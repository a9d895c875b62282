namespace Linkerd.Tcp.Namerd.Servers;

/// <summary>That nothing is asked of a server for a while.</summary>
/// <param name="Error">What went wrong.</param>
/// <param name="Until">The time stamp from which on it may be tried again.</param>
/// <param name="IsUnreachable">Whether it could not even be connected to: then a connection is proof enough that it is back.</param>
internal sealed record ServerFailure(string Error, long Until, bool IsUnreachable);
