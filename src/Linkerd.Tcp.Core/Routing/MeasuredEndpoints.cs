using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Routing;

/// <summary>
/// Selects the endpoints of a registry that have series of their own: all, up to a limit. One that has them keeps them while it exists, so that series do not alternate between endpoints. Any thread.
/// </summary>
internal sealed class MeasuredEndpoints(DestinationRegistry registry)
{
    private readonly Lock _lock = new();
    private readonly List<WeakReference<IEndpointTraffic>> _traffic = [];
    private Dictionary<ServerEndpoint, MeasuredEndpoint> _selected = [];
    private IReadOnlyList<MeasuredEndpoint> _list = [];

    // All endpoints at the last selection, and its limit: as long as both are the same, so is the result.
    private List<ServerEndpoint> _all = [];
    private int _maximum;

    /// <summary>Gets the number of endpoints without series, because of the limit.</summary>
    public long Omitted { get; private set; }

    /// <summary>Adds sessions, whose bytes belong to the endpoints.</summary>
    public void Add(IEndpointTraffic traffic)
    {
        lock (_lock)
        {
            _traffic.RemoveAll(static reference => !reference.TryGetTarget(out _));
            _traffic.Add(new(traffic));
        }
    }

    /// <summary>Selects again, and returns the endpoints. The list does not change any more.</summary>
    public IReadOnlyList<MeasuredEndpoint> Select()
    {
        lock (_lock)
        {
            var maximum = registry.Table.MaxMeasuredEndpoints;
            if (maximum == _maximum && IsUnchanged())
            {
                return _list;
            }

            var all = new List<ServerEndpoint>(_all.Count);
            var selected = new Dictionary<ServerEndpoint, MeasuredEndpoint>(_selected.Count, ReferenceEqualityComparer.Instance);
            var others = new List<(Destination Destination, ServerEndpoint Endpoint)>();
            foreach (var destination in registry.Destinations)
            {
                foreach (var endpoint in destination.Balancer.Endpoints)
                {
                    all.Add(endpoint);
                    if (selected.Count < maximum && _selected.TryGetValue(endpoint, out var measured))
                    {
                        selected.TryAdd(endpoint, measured);
                    }
                    else
                    {
                        others.Add((destination, endpoint));
                    }
                }
            }

            var added = Math.Min(others.Count, maximum - selected.Count);
            for (var i = 0; i < added; i++)
            {
                selected.TryAdd(others[i].Endpoint, new MeasuredEndpoint(others[i].Destination.Name, others[i].Endpoint));
            }

            Omitted = others.Count - added;
            (_all, _maximum) = (all, maximum);
            _selected = selected;
            _list = [.. selected.Values];
            return _list;
        }
    }

    /// <summary>Selects again, and counts the bytes of each endpoint.</summary>
    public IReadOnlyList<(MeasuredEndpoint Endpoint, long FromServer, long ToServer)> CountBytes()
    {
        lock (_lock)
        {
            var list = Select();
            foreach (var measured in list)
            {
                measured.BeginBytes();
            }

            foreach (var reference in _traffic)
            {
                if (reference.TryGetTarget(out var traffic))
                {
                    traffic.Visit(AddBytes);
                }
            }

            foreach (var measured in list)
            {
                measured.EndBytes();
            }

            return [.. list.Select(static measured => (measured, measured.Bytes.FromServer, measured.Bytes.ToServer))];
        }
    }

    private bool IsUnchanged()
    {
        var count = 0;
        foreach (var destination in registry.Destinations)
        {
            foreach (var endpoint in destination.Balancer.Endpoints)
            {
                if (count == _all.Count || _all[count++] != endpoint)
                {
                    return false;
                }
            }
        }

        return count == _all.Count;
    }

    private void AddBytes(ServerEndpoint endpoint, long fromServer, long toServer)
    {
        if (_selected.TryGetValue(endpoint, out var measured))
        {
            measured.AddBytes(fromServer, toServer);
        }
    }
}
