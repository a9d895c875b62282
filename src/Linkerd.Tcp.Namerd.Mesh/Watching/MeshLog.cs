using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Namerd;

/// <summary>The log lines of the mesh.</summary>
internal static partial class MeshLog
{
    [LoggerMessage(2101, LogLevel.Information, "namerd at {Namerd} {Answers} for {Name}", EventName = "MeshUp")]
    public static partial void Up(ILogger logger, string namerd, string answers, DstPath name);

    [LoggerMessage(2102, LogLevel.Debug, "{Name} is {State}", EventName = "MeshState")]
    public static partial void State(ILogger logger, DstPath name, object state);

    [LoggerMessage(2103, LogLevel.Warning, "{Error}; {Kept} of {Name}{Then}{More}", EventName = "MeshFailure")]
    public static partial void Failure(ILogger logger, string error, string kept, DstPath name, string then, string more);

    [LoggerMessage(
        2104,
        LogLevel.Warning,
        "namerd at {Namerd} sent an answer for {Name} of which {Skipped} addresses are left out (first: {Example}) and "
            + "{InvalidWeights} weights count as 1; expected 4 or 16 bytes of address, a port from 1 to 65535 and a finite weight of 0 or more",
        EventName = "MeshEntriesSkipped")]
    public static partial void Skipped(ILogger logger, string namerd, DstPath name, int skipped, string example, int invalidWeights);

    [LoggerMessage(
        2105,
        LogLevel.Warning,
        "{Error}; the stream of {Name} could not be renewed, going on with the old one and trying again in {Retry:0.0} s{More}",
        EventName = "MeshRenewalFailed")]
    public static partial void RenewalFailed(ILogger logger, string error, DstPath name, double retry, string more);

    [LoggerMessage(2106, LogLevel.Debug, "the stream of {Name} was renewed, from namerd at {From} to the one at {To}", EventName = "MeshRenewed")]
    public static partial void Renewed(ILogger logger, DstPath name, string from, string to);

    [LoggerMessage(2107, LogLevel.Debug, "{How}, after {Lived:0.0} s; the stream of {Name} is opened again in {Retry:0.0} s", EventName = "MeshStreamEnded")]
    public static partial void Ended(ILogger logger, string how, double lived, DstPath name, double retry);

    [LoggerMessage(
        2108,
        LogLevel.Warning,
        "asked again, namerd at {Namerd} said of {Name} what its stream did not: {State}; taking it, and opening the stream anew",
        EventName = "MeshStale")]
    public static partial void Stale(ILogger logger, string namerd, DstPath name, object state);

    [LoggerMessage(2109, LogLevel.Debug, "{Error}; {Name} was asked for besides its stream, which goes on", EventName = "MeshPollFailed")]
    public static partial void PollFailed(ILogger logger, string error, DstPath name);
}
