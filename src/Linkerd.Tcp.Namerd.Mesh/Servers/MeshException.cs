namespace Linkerd.Tcp.Namerd.Mesh.Servers;

/// <summary>A request over gRPC that failed. The message is a whole sentence for a log, without its end.</summary>
/// <param name="message">The error, and its place.</param>
/// <param name="blamesServer">True if the namerd is in trouble, or the network to it, rather than the one name.</param>
internal sealed class MeshException(string message, bool blamesServer) : Exception(message)
{
    public bool BlamesServer { get; } = blamesServer;

    /// <summary>No namerd is worth trying before this has passed; zero if that is not known.</summary>
    public TimeSpan RetryAfter { get; init; }
}
