namespace Linkerd.Tcp;

/// <summary>How a session gets its server connection.</summary>
public sealed record ConnectPolicy
{
    /// <summary>One attempt to connect to one endpoint. Default: 3 s.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The most endpoints that one session tries, each at most once. Default: 3.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>How server connections are set up.</summary>
    public TcpOptions Tcp { get; init; } = TcpOptions.Default;
}
