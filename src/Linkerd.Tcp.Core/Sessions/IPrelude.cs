using System.Diagnostics.CodeAnalysis;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Sessions;

/// <summary>
/// A step on a client's connection before it has a destination: a PROXY header, a TLS handshake, a look at a ClientHello. It fills the session's
/// context, and may put a layer over the connection in its place. One instance serves all sessions of a listener.
/// </summary>
internal interface IPrelude
{
    /// <summary>
    /// Runs on one session. Starts on the client's executor, and may end anywhere. An exception that it throws ends the session (<c>PA</c>, 4102).
    /// </summary>
    ValueTask<PreludeResult> RunAsync(PreludeRun run);
}

/// <summary>The result of a prelude.</summary>
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "Not compared.")]
internal readonly struct PreludeResult
{
    private PreludeResult(CloseReason reason, string? detail)
    {
        Reason = reason;
        Detail = detail;
    }

    /// <summary>Gets the result with which the session goes on.</summary>
    public static PreludeResult Done => default;

    /// <summary>The reason for which the session ends; null if it goes on.</summary>
    public CloseReason? Reason { get; }

    /// <summary>A description for the log.</summary>
    public string? Detail { get; }

    /// <summary>Refuses the client for its bytes.</summary>
    public static PreludeResult Refused(string detail) => Refused(RejectReason.Prelude, detail);

    /// <summary>Refuses the client for a reason that is known now.</summary>
    public static PreludeResult Refused(RejectReason refusal, string detail) => new(CloseReason.Rejected(refusal), detail);

    /// <summary>The connection has ended, by what a receive or a send gave: <see cref="TransportStatus.Ok"/> is the client's FIN.</summary>
    public static PreludeResult Ended(TransportStatus status) => new(
        new(status == TransportStatus.Aborted ? ClosedBy.Proxy : ClosedBy.Client, ClosePhase.Accept, status == TransportStatus.TimedOut),
        "the connection ended before the prelude was done");
}
