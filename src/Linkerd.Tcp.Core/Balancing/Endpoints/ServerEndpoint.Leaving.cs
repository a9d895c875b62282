namespace Linkerd.Tcp.Balancing;

/// <content>Whether it takes no new sessions, and since when.</content>
public sealed partial class ServerEndpoint
{
    private long _leftAt;
    private long _drainedAt;

    /// <summary>When discovery removed it, as a timestamp; 0 while it is in the set.</summary>
    internal long LeftAt => Volatile.Read(ref _leftAt);

    /// <summary>Whether an operator drains it, or discovery has removed it.</summary>
    internal bool IsLeaving => Volatile.Read(ref _drainedAt) != 0 || LeftAt != 0;

    /// <summary>For how long it has been leaving; null where it does not.</summary>
    /// <param name="isDrained">Whether an operator says so; false: discovery.</param>
    internal TimeSpan? LeavingFor(out bool isDrained)
    {
        var left = LeftAt;
        var drained = Volatile.Read(ref _drainedAt);
        isDrained = drained != 0 && (left == 0 || drained <= left);
        var since = isDrained ? drained : left;
        return since == 0 ? null : _policy.Elapsed(since, _policy.Now);
    }

    /// <summary>It is in the set, again or still.</summary>
    internal void OnJoined() => Volatile.Write(ref _leftAt, 0);

    /// <summary>It is not in the set any more.</summary>
    internal void OnLeft()
    {
        if (LeftAt == 0)
        {
            Volatile.Write(ref _leftAt, Math.Max(1, _policy.Now));
            _policy.Observer?.OnLeaving(this);
        }
    }
}
