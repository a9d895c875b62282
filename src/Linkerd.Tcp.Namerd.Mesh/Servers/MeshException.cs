namespace Linkerd.Tcp.Namerd.Mesh.Servers;

/// <summary>A question over gRPC that came to nothing. The message is a whole sentence for a log, without its end.</summary>
/// <param name="message">What went wrong, and where.</param>
/// <param name="blamesServer">Whether it is the namerd that is in trouble, or what leads to it, rather than the one name.</param>
internal sealed class MeshException(string message, bool blamesServer) : Exception(message)
{
    public bool BlamesServer { get; } = blamesServer;

    /// <summary>No namerd is worth trying before this has passed; zero where that is not known.</summary>
    public TimeSpan RetryAfter { get; init; }
}
