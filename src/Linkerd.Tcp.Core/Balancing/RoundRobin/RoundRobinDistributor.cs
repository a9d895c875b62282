using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Balancing.RoundRobin;

/// <summary>
/// Smooth weighted round robin over one group; <see cref="LoadBalancers.RoundRobin"/>. Earliest deadline first: each pick moves the deadline of the
/// endpoint by one per weight, under a lock of the group.
/// </summary>
internal sealed partial class RoundRobinDistributor : GroupDistributor
{
    // How many one pick passes over; where more than that are out in a row, any of the others will do.
    private const int MostPassed = 64;

    private readonly Lock _lock = new();
    private readonly double[] _steps;
    private readonly DeadlineHeap _schedule;

    private RoundRobinDistributor(ServerEndpoint[] members, double[] steps, DeadlineHeap schedule)
        : base(members)
    {
        _steps = steps;
        _schedule = schedule;
    }

    public override ServerEndpoint? Choose(ref PickState scope)
    {
        if (scope.IsPanic)
        {
            return TakeAny(scope.Random.NextUInt64(), ref scope);
        }

        ServerEndpoint? endpoint;
        lock (_lock)
        {
            endpoint = Members[_schedule.Next.Index];
            if (endpoint.Gate == AdmissionGate.None && !scope.NeedsAdmissionCheck && endpoint.TryTake(ref scope))
            {
                _schedule.Postpone(_schedule.Next.Deadline + _steps[_schedule.Next.Index]);
            }
            else
            {
                endpoint = DrawGated(ref scope);
            }

            if (_schedule.Next.Deadline > MostDeadline)
            {
                StartOver();
            }
        }

        return endpoint ?? TakeAny(scope.Random.NextUInt64(), ref scope);
    }

    // One that cannot take the session loses its turn, so that it does not come back with all of those that it missed. One that is in slow start does so with
    // the chance that it is not due. One that this session has tried is as good as any for the next: it keeps its turn, but no older one.
    private ServerEndpoint? DrawGated(ref PickState scope)
    {
        ServerEndpoint? taken = null;
        ServerEndpoint? doubtful = null;
        var deadline = 0.0;
        for (var i = 0; taken is null && i < MostPassed && _schedule.Count > 0; i++)
        {
            (deadline, var index) = _schedule.Next;
            var endpoint = Members[index];
            var next = deadline + _steps[index];
            if (scope.HasTried(endpoint))
            {
                _schedule.Park(deadline);
                continue;
            }

            var factor = endpoint.Admit(ref scope);
            if (factor > 0 && factor < 1 && scope.Random.NextDouble() >= factor)
            {
                _schedule.Postpone(next);
            }
            else if (factor > 0 && (endpoint.Gate & AdmissionGate.Suspect) == 0 && endpoint.TryTake(ref scope))
            {
                _schedule.Postpone(next);
                taken = endpoint;
            }
            else
            {
                doubtful = doubtful is null && factor > 0 ? endpoint : doubtful;
                _schedule.Park(next);
            }
        }

        var isWhole = _schedule.Count == 0;
        while (_schedule.Count < Members.Length)
        {
            _schedule.Unpark(notBefore: deadline);
        }

        // In doubt, but nobody else is there.
        return taken ?? (isWhole && doubtful is not null && doubtful.TryTake(ref scope) ? doubtful : null);
    }
}
