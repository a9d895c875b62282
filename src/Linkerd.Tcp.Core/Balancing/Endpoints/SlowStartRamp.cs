namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>The ramp of one endpoint to its full weight, after it has joined, was undrained, or has recovered. A mutable struct, part of its endpoint. Any thread.</summary>
internal struct SlowStartRamp
{
    // The largest number of connects that may be pending while it recovers: the size of a short backlog (net.core.somaxconn was 128 for long, nginx and Kestrel request
    // for 512). Beyond, SYNs of a crowd that has waited would be dropped, and sent again only after a second.
    private const int MaxAllowance = 128;

    private long _since;

    // Connects that may be pending while it recovers; more with each that succeeds, so that a crowd that has waited comes in as fast as it can serve.
    private int _allowance = int.MaxValue;

    public SlowStartRamp()
    {
    }

    /// <summary>Gets the number of connects that may be pending; <see cref="int.MaxValue"/> unless it recovers.</summary>
    public readonly int Allowance => Volatile.Read(in _allowance);

    /// <summary>Gets a value that indicates whether the number of pending connects is limited.</summary>
    public readonly bool IsRecovering => Allowance != int.MaxValue;

    /// <summary>Gets the share of its weight at a time: 1 but for slow start.</summary>
    public double Factor(ServerEndpoint endpoint, long now)
    {
        if ((endpoint.Gate & AdmissionGate.Ramping) == 0)
        {
            return 1;
        }

        var policy = endpoint.Policy;
        var factor = policy.Options.SlowStart.Factor(policy.Elapsed(Volatile.Read(ref _since), now));
        if (factor >= 1)
        {
            End(endpoint);
        }

        return factor;
    }

    /// <summary>Starts slowly from now on.</summary>
    public void Start(ServerEndpoint endpoint, long now)
    {
        if (endpoint.Policy.Options.SlowStart.Window > TimeSpan.Zero)
        {
            Volatile.Write(ref _since, now);
            endpoint.CloseGate(AdmissionGate.Ramping);
        }
    }

    /// <summary>Starts from ejected to well: slowly, and with few pending connects. Under the policy's lock.</summary>
    public void StartRecovery(ServerEndpoint endpoint, long now)
    {
        Start(endpoint, now);
        if ((endpoint.Gate & AdmissionGate.Ramping) != 0)
        {
            Volatile.Write(ref _allowance, 2);
            endpoint.CloseGate(AdmissionGate.Limited);
        }
    }

    /// <summary>Grows like TCP's slow start: each success lets one more in than it made room for.</summary>
    public void Grow()
    {
        if (Allowance is var allowance and < MaxAllowance)
        {
            Interlocked.CompareExchange(ref _allowance, allowance + 1, allowance);
        }
    }

    public void End(ServerEndpoint endpoint)
    {
        endpoint.ClearGate(AdmissionGate.Ramping);
        if (IsRecovering)
        {
            // Under the lock, as the options may come to limit it meanwhile.
            lock (endpoint.Policy.Lock)
            {
                Volatile.Write(ref _allowance, int.MaxValue);
                if (!endpoint.Policy.IsLimited)
                {
                    endpoint.ClearGate(AdmissionGate.Limited);
                }
            }
        }
    }
}
