namespace Linkerd.Tcp.ProxyProtocol;

/// <summary>Represents the outcome of <see cref="ProxyHeader.Read"/>.</summary>
internal readonly struct ProxyReadResult
{
    internal ProxyReadResult(ProxyHeader header, int consumed) => (Status, Header, Consumed) = (ProxyReadStatus.Done, header, consumed);

    private ProxyReadResult(string error) => (Status, Error) = (ProxyReadStatus.Invalid, error);

    /// <summary>Gets the state of the read.</summary>
    public ProxyReadStatus Status { get; }

    /// <summary>Gets the header if it is complete; otherwise null.</summary>
    public ProxyHeader? Header { get; }

    /// <summary>Gets the length of the header in bytes if it is complete, which is the offset of the data; otherwise 0.</summary>
    public int Consumed { get; }

    /// <summary>Gets the error for a log, with the bytes found, their offset, and the expected bytes; null if the bytes are not refused.</summary>
    public string? Error { get; }

    internal static ProxyReadResult NeedsMore => default;

    internal static ProxyReadResult Invalid(string error) => new(error);
}
