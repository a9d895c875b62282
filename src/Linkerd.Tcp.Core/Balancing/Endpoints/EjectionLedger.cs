namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>Counts the ejected endpoints of one balancer, for the limit of soft evidence. Under the lock of the <see cref="EndpointPolicy"/>.</summary>
internal sealed class EjectionLedger(EndpointPolicy policy)
{
    private const int Unknown = -1;

    // The error by which rounding may reduce a share.
    private const double Tolerance = 1e-9;

    private int _ejected = Unknown;

    /// <summary>Returns true if soft evidence may eject an endpoint: never the only one, and no more than the share.</summary>
    /// <param name="isEjected">True if it is ejected already, for another cause.</param>
    public bool MayEjectSoftly(bool isEjected)
    {
        var others = CountEjected() - (isEjected ? 1 : 0);
        return policy.Count > 1 && others + 1 <= (policy.Count * policy.Options.Breaker.MaxEjectedShare) + Tolerance;
    }

    /// <summary>Called when the causes for which an endpoint is ejected have changed.</summary>
    public void RecordCauses(ServerEndpoint endpoint, EjectionCause before, EjectionCause after)
    {
        var change = (after == EjectionCause.None ? 0 : 1) - (before == EjectionCause.None ? 0 : 1);
        if (change != 0 && _ejected != Unknown && endpoint.LeftAt == 0)
        {
            _ejected += change;
        }

        policy.Observer?.OnEjection(endpoint, before, after);
    }

    /// <summary>Called when the set of endpoints has changed.</summary>
    public void Forget() => _ejected = Unknown;

    // Counted on demand, and kept up to date from then on: in an outage many callers need it, one after the other.
    private int CountEjected()
    {
        if (_ejected == Unknown)
        {
            _ejected = 0;
            foreach (var member in policy.Members)
            {
                _ejected += member.IsEjected ? 1 : 0;
            }
        }

        return _ejected;
    }
}
