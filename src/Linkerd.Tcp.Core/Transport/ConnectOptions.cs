namespace Linkerd.Tcp;

/// <summary>How one connection is made. A value, so that an attempt allocates none; made by <c>new()</c>, not by <c>default</c>.</summary>
public readonly record struct ConnectOptions
{
    /// <summary>All defaults.</summary>
    public ConnectOptions()
    {
    }

    /// <summary>The connection on whose loop the new one shall live; null: anywhere. An engine without loops ignores it.</summary>
    public TransportConnection? Near { get; init; }

    /// <summary>How long the attempt may take. Default: no limit but the operating system's.</summary>
    public TimeSpan Timeout { get; init; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>How the connection is set up.</summary>
    public TcpOptions Tcp { get; init; } = TcpOptions.Default;
}
