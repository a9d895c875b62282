namespace Linkerd.Tcp.ProxyProtocol;

/// <summary>Represents the outcome of <see cref="ProxyHeader.Read"/>.</summary>
internal readonly struct ProxyReadResult
{
    internal ProxyReadResult(ProxyHeader header, int consumed) => (Status, Header, Consumed) = (ProxyReadStatus.Done, header, consumed);

    private ProxyReadResult(string error) => (Status, Error) = (ProxyReadStatus.Invalid, error);

    /// <summary>Gets whether there is a header.</summary>
    public ProxyReadStatus Status { get; }

    /// <summary>Gets the header if it is complete; otherwise null.</summary>
    public ProxyHeader? Header { get; }

    /// <summary>Gets the length of the header in bytes if it is complete; the data begin behind it. Otherwise 0.</summary>
    public int Consumed { get; }

    /// <summary>Gets, for a log, what was found instead of a header, at which offset, and what was expected; null if the bytes are not refused.</summary>
    public string? Error { get; }

    internal static ProxyReadResult NeedsMore => default;

    internal static ProxyReadResult Invalid(string error) => new(error);
}
