using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Balancing.RoundRobin;

/// <summary>
/// Smooth weighted round robin over one group; <see cref="BalancerKind.RoundRobin"/>. Earliest deadline first: each pick moves the deadline of the
/// endpoint by one per weight, under a lock of the group.
/// </summary>
internal sealed class RoundRobinDistributor : GroupDistributor
{
    // The number that one pick passes over; if more than that are out in a row, any of the others will do.
    private const int MaxPassed = 64;

    // The least effective weight, relative to the greatest, and the value at which deadlines start over: so that a turn of the heaviest
    // one still makes a difference after one of the lightest.
    private const double MinWeight = 1e-9;
    private const double MaxDeadline = 1e12;

    private readonly Lock _lock = new();
    private readonly double[] _steps;
    private readonly DeadlineHeap _schedule;

    private RoundRobinDistributor(ServerEndpoint[] members, double[] steps, DeadlineHeap schedule)
        : base(members)
    {
        _steps = steps;
        _schedule = schedule;
    }

    /// <summary>A <see cref="DistributorFactory"/>, with the source of the place that the turns start at.</summary>
    public static Distributor Create(ReadOnlySpan<GroupMember> members, Distributor? previous, IRandomSource random)
    {
        var endpoints = EndpointsOf(members);
        var steps = WeightedSlot.Scale(members, MinWeight);
        var items = TurnOrder.Start(steps, random);
        (previous as RoundRobinDistributor)?.CarryOn(endpoints, items);
        for (var i = 0; i < steps.Length; i++)
        {
            steps[i] = 1 / steps[i];
            items[i].Deadline *= steps[i];
        }

        return new RoundRobinDistributor(endpoints, steps, new DeadlineHeap(items));
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

            if (_schedule.Next.Deadline > MaxDeadline)
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
        for (var i = 0; taken is null && i < MaxPassed && _schedule.Count > 0; i++)
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

        // In doubt, but there is no other.
        return taken ?? (isWhole && doubtful is not null && doubtful.TryTake(ref scope) ? doubtful : null);
    }

    // Those that stay keep the part of their step that they have waited.
    private void CarryOn(ServerEndpoint[] endpoints, DeadlineHeap.Item[] items)
    {
        lock (_lock)
        {
            var now = _schedule.Next.Deadline;
            var left = new double[Members.Length];
            foreach (ref readonly var item in _schedule.Items)
            {
                left[item.Index] = Math.Clamp((item.Deadline - now) / _steps[item.Index], 0, 1);
                Members[item.Index].Mark = item.Index;
            }

            for (var i = 0; i < endpoints.Length; i++)
            {
                var mark = endpoints[i].Mark;
                if (mark < left.Length && ReferenceEquals(Members[mark], endpoints[i]))
                {
                    items[i].Deadline = left[mark];
                }
            }
        }
    }

    private void StartOver()
    {
        var now = _schedule.Next.Deadline;
        foreach (ref var item in _schedule.Items)
        {
            item.Deadline -= now;
        }
    }
}
