namespace Linkerd.Tcp.LoadTest.Proxies;

/// <summary>The executables of linkerd-tcp that are compared, and their arguments beside addresses and TLS.</summary>
internal sealed record LinkerdTcpBuilds
{
    /// <summary>The path of the executable; null if it was not given.</summary>
    public string? Path { get; init; }

    /// <summary>The path of another build of it, or of the same one; null if it was not given.</summary>
    public string? Baseline { get; init; }

    /// <summary>The arguments in place of those of each engine; null: those.</summary>
    public string? Arguments { get; init; }

    /// <summary>The arguments after those.</summary>
    public string? More { get; init; }

    /// <summary>The arguments after those of the epoll engine, for the baseline; null: the same as <see cref="More"/>.</summary>
    public string? BaselineMore { get; init; }
}
