namespace Linkerd.Tcp;

/// <content>How it ended, in reasons and words.</content>
internal sealed partial class Connector
{
    private static ConnectOutcome OutcomeOf(ref ConnectProgress progress) => new()
    {
        Connection = progress.Last.Connection,
        Lease = progress.Lease,
        Attempts = progress.Attempts,
        Endpoints = progress.Tried?.Count ?? 0,
        IsWarm = progress.IsWarm,
        Reason = progress.Reason ?? ReasonOf(progress.Last),
        Detail = progress.Detail ?? progress.Last.Detail,
    };

    private static CloseReason ReasonOf(in ConnectResult last) => last.Failure switch
    {
        ConnectFailure.LocalResources => new(ClosedBy.Resources, ClosePhase.Connect),
        ConnectFailure.TimedOut or ConnectFailure.Cancelled => new(ClosedBy.Server, ClosePhase.Connect, TimedOut: true),
        _ => new(ClosedBy.Server, ClosePhase.Connect),
    };

    private static string Describe(Destination destination, PickResult picked) => (picked, destination.Resolution) switch
    {
        (PickResult.AtLimit, _) => "every endpoint is at its limit of connections",
        (PickResult.Unavailable, _) => destination.AreAllDraining ? "every endpoint is draining" : "no endpoint is available",
        (_, Resolution.Pending) => "the name is not resolved yet",
        (_, Resolution.Failed failed) => $"the name is not resolved: {failed.Error}",
        (_, Resolution.Negative) => "the name does not exist",
        _ => "the name has no endpoints",
    };
}
