using System.Diagnostics.CodeAnalysis;

namespace Linkerd.Tcp.Security.Hello;

/// <summary>Represents what the first bytes of a client are.</summary>
internal enum ClientHelloStatus
{
    /// <summary>The bytes can be the beginning of a ClientHello.</summary>
    NeedsMore,

    /// <summary>The ClientHello is complete.</summary>
    Done,

    /// <summary>The bytes are not TLS, whatever follows.</summary>
    NotTls,

    /// <summary>The bytes are TLS, and not a ClientHello that can be read, whatever follows.</summary>
    Malformed,
}

/// <summary>Represents the outcome of <see cref="ClientHelloReader.Read"/>.</summary>
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "Not compared.")]
internal readonly struct ClientHelloResult
{
    private ClientHelloResult(ClientHelloStatus status, string error) => (Status, Error) = (status, error);

    private ClientHelloResult(ClientHello hello) => (Status, Hello) = (ClientHelloStatus.Done, hello);

    /// <summary>Gets the outcome if more bytes are needed.</summary>
    public static ClientHelloResult NeedsMore => default;

    /// <summary>Gets what the bytes are.</summary>
    public ClientHelloStatus Status { get; }

    /// <summary>Gets the ClientHello if it is complete; otherwise null.</summary>
    public ClientHello? Hello { get; }

    /// <summary>Gets the kind of bytes if they are not TLS. With few bytes it is less exact.</summary>
    public PlainKind PlainKind { get; private init; }

    /// <summary>Gets the alert to send if the status is <see cref="ClientHelloStatus.Malformed"/>.</summary>
    public TlsAlert Alert { get; private init; }

    /// <summary>Gets, for a log, what was found, and what was expected; null if the bytes are not refused.</summary>
    public string? Error { get; }

    /// <summary>Returns the outcome if the ClientHello is complete.</summary>
    public static ClientHelloResult Done(ClientHello hello) => new(hello);

    /// <summary>Returns the outcome for bytes that are not TLS.</summary>
    public static ClientHelloResult NotTls(PlainKind kind, string error) => new(ClientHelloStatus.NotTls, error) { PlainKind = kind };

    /// <summary>Returns the outcome for TLS that cannot be read.</summary>
    public static ClientHelloResult Malformed(TlsAlert alert, string error) => new(ClientHelloStatus.Malformed, error) { Alert = alert };
}
