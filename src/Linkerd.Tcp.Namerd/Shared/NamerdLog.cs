using Linkerd.Tcp.Infrastructure;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Namerd.Shared;

/// <summary>Log messages about namerd, over HTTP and over the mesh.</summary>
internal static partial class NamerdLog
{
    /// <summary>The end of a line that stands for others too (<see cref="RepeatFilter"/>).</summary>
    public static string More(int suppressed) => suppressed == 0 ? string.Empty : $" ({suppressed} more such failures since the last such line)";

    [LoggerMessage(2001, LogLevel.Information, "namerd at {Namerd} {Answers} for {Name}", EventName = "NamerdUp")]
    public static partial void Up(ILogger logger, string namerd, string answers, DstPath name);

    [LoggerMessage(2002, LogLevel.Debug, "{Name} is {State}", EventName = "NamerdResolution")]
    public static partial void State(ILogger logger, DstPath name, object state);

    [LoggerMessage(2003, LogLevel.Warning, "{Error}; {Kept} of {Name}{Then}{More}", EventName = "NamerdFailure")]
    public static partial void Failure(ILogger logger, string error, string kept, DstPath name, string then, string more);

    [LoggerMessage(
        2004,
        LogLevel.Warning,
        "namerd at {Namerd} sent a set for {Name} of which {Skipped} addresses are left out (first: {Example}) and "
            + "{InvalidWeights} weights count as 1; expected an IP address, a port from 1 to 65535 and a finite weight of 0 or more",
        EventName = "NamerdEntriesSkipped")]
    public static partial void Skipped(ILogger logger, string namerd, DstPath name, int skipped, string example, int invalidWeights);

    [LoggerMessage(
        2005,
        LogLevel.Warning,
        "{Error}; the watch of {Name} could not be renewed, going on with the old one and trying again in {Retry:0.0} s{More}",
        EventName = "NamerdRenewalFailed")]
    public static partial void RenewalFailed(ILogger logger, string error, DstPath name, double retry, string more);

    [LoggerMessage(2006, LogLevel.Debug, "the watch of {Name} was renewed, and is now one of namerd at {Namerd}", EventName = "NamerdRenewed")]
    public static partial void Renewed(ILogger logger, DstPath name, string namerd);

    [LoggerMessage(2007, LogLevel.Debug, "{How}, after {Lived:0.0} s; watching again in {Retry:0.0} s", EventName = "NamerdWatchEnded")]
    public static partial void Ended(ILogger logger, string how, double lived, double retry);

    [LoggerMessage(
        2008,
        LogLevel.Information,
        "what answers as namerd at {Namerd} does not stream changes of {Name}; polling every {Interval:0.#} s",
        EventName = "NamerdNotStreamed")]
    public static partial void NotStreamed(ILogger logger, string namerd, DstPath name, double interval);

    [LoggerMessage(
        2009,
        LogLevel.Warning,
        "the watch of {Name} at namerd at {Namerd} went stale: asked anew it answers {State}, of which the watch said nothing; taking that, and opening another watch",
        EventName = "NamerdWatchStale")]
    public static partial void Stale(ILogger logger, DstPath name, string namerd, object state);

    [LoggerMessage(EventId = 2010, EventName = "NamerdServerLeft", Message = "{Error}; asking another namerd, and this one again after {Retry:0.0} s at the earliest")]
    public static partial void ServerLeft(ILogger logger, LogLevel level, string error, double retry);

    [LoggerMessage(2011, LogLevel.Debug, "{Error}; asking another namerd about {Name}", EventName = "NamerdAskingAnother")]
    public static partial void AskingAnother(ILogger logger, string error, DstPath name);

    [LoggerMessage(2012, LogLevel.Debug, "{Error}; {Name} was asked for besides its watch, which goes on", EventName = "NamerdPollFailed")]
    public static partial void PollFailed(ILogger logger, string error, DstPath name);
}
