namespace Linkerd.Tcp.Proxying;

/// <content>The first end.</content>
internal sealed partial class DuplexRun
{
    /// <summary>Gets the side that ended the copy first, and the time until then. Once it has ended.</summary>
    public FirstEnd FirstEnd
    {
        get
        {
            // If we ended it, by a limit or for another caller, no direction has an end of its own.
            var up = _up.Ended ? _up.EndedAt : long.MaxValue;
            var down = _down.Ended ? _down.EndedAt : long.MaxValue;
            var at = Math.Min(up, down);
            var after = _clock.GetElapsedTime(_startedAt, at == long.MaxValue ? _clock.GetTimestamp() : at);

            // A reset by the server may be found by the direction that sends to it. With both directions open it came before any other end.
            var wasReset = _control.Reason is { By: ClosedBy.Server, Phase: ClosePhase.Data, TimedOut: false };
            return new(wasReset || (_down.EndedWithFin && down < up), after);
        }
    }
}
