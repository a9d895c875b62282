namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>
/// The endpoints that one session has tried in vain. Those of the current round are not picked again; those of earlier rounds are remembered, each once.
/// Made when a first attempt has failed. For one thread at a time.
/// </summary>
internal sealed class TriedEndpoints
{
    // Up to this number they are compared one by one, which is faster than to hash. A set of thousands that all refuse must not cost each pick a comparison with each.
    private const int MaxCompared = 16;

    // Those of the round first.
    private ServerEndpoint[] _items = new ServerEndpoint[3];
    private int _round;
    private Dictionary<ServerEndpoint, int>? _places;

    /// <summary>Gets the number of endpoints that were tried, in all rounds, each counted once.</summary>
    public int Count { get; private set; }

    /// <summary>Gets the endpoints that were tried in this round.</summary>
    public ReadOnlySpan<ServerEndpoint> Round => _items.AsSpan(0, _round);

    /// <summary>Returns this if it finds an endpoint faster than a look at each of <see cref="Round"/>; otherwise null.</summary>
    public TriedEndpoints? AsIndex => _places is null ? null : this;

    /// <summary>Returns true if the endpoint was tried in this round.</summary>
    public bool IsOfRound(ServerEndpoint endpoint) => PlaceOf(endpoint) is var place && place >= 0 && place < _round;

    /// <summary>Adds an endpoint to the round.</summary>
    /// <returns>True if it was tried for the first time.</returns>
    public bool Add(ServerEndpoint endpoint)
    {
        var place = PlaceOf(endpoint);
        var isNew = place < 0;
        if (isNew)
        {
            if (Count == _items.Length)
            {
                Array.Resize(ref _items, Count * 2);
            }

            place = Count++;
            Put(endpoint, place);
            if (Count > MaxCompared && _places is null)
            {
                Index();
            }
        }

        if (place >= _round)
        {
            Put(_items[_round], place);
            Put(endpoint, _round++);
        }

        return isNew;
    }

    /// <summary>Begins a new round: each endpoint may be picked again.</summary>
    public void StartOver() => _round = 0;

    private int PlaceOf(ServerEndpoint endpoint) =>
        _places is null ? Array.IndexOf(_items, endpoint, 0, Count) : _places.TryGetValue(endpoint, out var place) ? place : -1;

    private void Put(ServerEndpoint endpoint, int place)
    {
        _items[place] = endpoint;
        if (_places is not null)
        {
            _places[endpoint] = place;
        }
    }

    private void Index()
    {
        _places = new Dictionary<ServerEndpoint, int>(Count * 2);
        for (var i = 0; i < Count; i++)
        {
            _places.Add(_items[i], i);
        }
    }
}
