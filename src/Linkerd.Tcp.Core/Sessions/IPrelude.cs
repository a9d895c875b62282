using System.Diagnostics.CodeAnalysis;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Sessions;

/// <summary>
/// Something that happens on a client's connection before it has a destination: a PROXY header, a TLS handshake, a look at a ClientHello. It fills the session's
/// context, and may put a layer over the connection in its place. One instance serves all sessions of a listener.
/// </summary>
internal interface IPrelude
{
    /// <summary>
    /// Runs on one session. Starts on the client's executor, and may end anywhere. What it throws ends the session (<c>PA</c>, 4102).
    /// </summary>
    ValueTask<PreludeResult> RunAsync(PreludeRun run);
}

/// <summary>How a prelude ended.</summary>
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "Not compared.")]
internal readonly struct PreludeResult
{
    private PreludeResult(CloseReason reason, string? detail)
    {
        Reason = reason;
        Detail = detail;
    }

    /// <summary>The session goes on.</summary>
    public static PreludeResult Done => default;

    /// <summary>Why the session ends; null: it goes on.</summary>
    public CloseReason? Reason { get; }

    /// <summary>The words for the log.</summary>
    public string? Detail { get; }

    /// <summary>The client is refused for what it sent.</summary>
    public static PreludeResult Refused(string detail) => Refused(RejectReason.Prelude, detail);

    /// <summary>The client is refused for what is known of it now.</summary>
    public static PreludeResult Refused(RejectReason refusal, string detail) => new(CloseReason.Rejected(refusal), detail);

    /// <summary>The connection has ended, by what a receive or a send gave: <see cref="TransportStatus.Ok"/> is the client's FIN.</summary>
    public static PreludeResult Ended(TransportStatus status) => new(
        new(status == TransportStatus.Aborted ? ClosedBy.Proxy : ClosedBy.Client, ClosePhase.Accept, status == TransportStatus.TimedOut),
        "the connection ended before the prelude was done");
}
