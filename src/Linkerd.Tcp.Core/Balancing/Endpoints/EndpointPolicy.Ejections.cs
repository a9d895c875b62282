namespace Linkerd.Tcp.Balancing.Endpoints;

/// <content>How many are ejected, for the limit of soft evidence, and who is told.</content>
internal sealed partial class EndpointPolicy
{
    private const int Unknown = -1;

    // What rounding may take from a share.
    private const double Tolerance = 1e-9;

    private int _ejected = Unknown;

    /// <summary>Who is told of what becomes of the endpoints; null: nobody.</summary>
    public IEndpointObserver? Observer { get; set; }

    /// <summary>Whether soft evidence may eject an endpoint: never the only one, and no more than the share. Under the lock.</summary>
    /// <param name="isEjected">Whether it is ejected already, for another cause.</param>
    public bool MayEjectSoftly(bool isEjected)
    {
        var others = CountEjected() - (isEjected ? 1 : 0);
        return Count > 1 && others + 1 <= (Count * Options.Breaker.MaxEjectedShare) + Tolerance;
    }

    /// <summary>The causes for which an endpoint is ejected have changed. Under the lock.</summary>
    public void NoteCauses(ServerEndpoint endpoint, EjectionCause before, EjectionCause after)
    {
        var change = (after == EjectionCause.None ? 0 : 1) - (before == EjectionCause.None ? 0 : 1);
        if (change != 0 && _ejected != Unknown && endpoint.LeftAt == 0)
        {
            _ejected += change;
        }

        Observer?.OnEjection(endpoint, before, after);
    }

    // Counted when somebody asks, and kept up to date from then on: in an outage many ask, one after the other.
    private int CountEjected()
    {
        if (_ejected == Unknown)
        {
            _ejected = 0;
            foreach (var member in _members)
            {
                _ejected += member.IsEjected ? 1 : 0;
            }
        }

        return _ejected;
    }
}
