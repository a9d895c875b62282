namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>The admission of a session by an endpoint that is not simply well. Apart from <see cref="ServerEndpoint.Admit(ref PickState)"/>, so that the usual pick stays small.</summary>
internal static class EndpointAdmission
{
    public static double Admit(ServerEndpoint endpoint, AdmissionGate gate, ref PickState scope)
    {
        if ((gate & AdmissionGate.Draining) != 0)
        {
            return 0;
        }

        if ((gate & AdmissionGate.OtherFamily) != 0 && endpoint.IsFamilyTrusted(scope.Now))
        {
            endpoint.ClearGate(AdmissionGate.OtherFamily);
            gate &= ~AdmissionGate.OtherFamily;
        }

        ref var health = ref endpoint.Health;
        if ((gate & AdmissionGate.Ejected) != 0)
        {
            // A probe would make its session wait although the state of its family is known.
            return scope.IsPanic ? (health.IsProbing ? 0 : 1)
                : scope.MayProbe && (gate & AdmissionGate.OtherFamily) == 0 && health.IsProbeDue(scope.Now) ? 1 : 0;
        }

        if (scope.IsPanic)
        {
            return 0;
        }

        // Before the limits: a ramp that is over lifts them.
        var factor = (gate & AdmissionGate.Ramping) != 0 ? health.SlowStart.Factor(endpoint, scope.Now) : 1;
        if ((gate & AdmissionGate.Limited) != 0 && IsFull(endpoint, endpoint.ReadLoad(out _)))
        {
            scope.AtLimit = true;
            return 0;
        }

        return factor;
    }

    public static bool TryTake(ServerEndpoint endpoint, ref EndpointLoad load, ref PickState scope)
    {
        if ((load.Gate & AdmissionGate.Ejected) != 0)
        {
            return TryTakeEjected(endpoint, ref load, ref scope);
        }

        while (true)
        {
            var current = load.Read(out var picks);
            if (IsFull(endpoint, current))
            {
                scope.AtLimit = true;
                return false;
            }

            if (load.TryCountPick(picks))
            {
                return true;
            }
        }
    }

    private static bool TryTakeEjected(ServerEndpoint endpoint, ref EndpointLoad load, ref PickState scope)
    {
        lock (endpoint.Policy.Lock)
        {
            var isProbe = endpoint.Health.TryBeginProbe(scope.IsPanic, scope.IsPanic ? 0 : scope.Now, out var kind);
            if (isProbe == false)
            {
                return false;
            }

            if (isProbe == true)
            {
                scope.Kind = kind;
            }

            load.CountPick();
            return true;
        }
    }

    private static bool IsFull(ServerEndpoint endpoint, long load)
    {
        var options = endpoint.Policy.Options;
        return load >= (options.MaxConnections ?? long.MaxValue)
            || load - endpoint.Open >= Math.Min(options.MaxPending ?? int.MaxValue, endpoint.Health.SlowStart.Allowance);
    }
}
