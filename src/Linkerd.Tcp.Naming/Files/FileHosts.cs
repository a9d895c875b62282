using System.Globalization;
using System.Net;
using Linkerd.Tcp.Naming.Binding;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Naming.Files;

/// <summary>
/// Creates the endpoints of one file from its lines: follows the lookups of the hosts in it, which are shared with other files. A host that does not resolve
/// any more keeps its last addresses. For one thread at a time; lookups report from any.
/// </summary>
internal sealed class FileHosts(SharedLeaves lookups, Action changed) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<DstPath, Resolution> _states = [];
    private readonly Dictionary<DstPath, Resolution.Bound> _lastGood = [];
    private Dictionary<DstPath, IDisposable> _watches = [];

    /// <summary>The endpoints of the lines of a file. Pending while a host's first lookup runs; failed if there are hosts, and none resolves.</summary>
    public Resolution Resolve(EndpointFile file)
    {
        Follow(file);
        var endpoints = new List<WeightedAddress>(file.Endpoints.Length);
        string? problem = null;
        lock (_lock)
        {
            foreach (var line in file.Endpoints)
            {
                if (line.Address is { } address)
                {
                    endpoints.Add(new WeightedAddress(new IPEndPoint(address, line.Port), line.Weight));
                }
                else if (_lastGood.TryGetValue(IdOf(line), out var bound))
                {
                    endpoints.AddRange(bound.Endpoints.Groups.SelectMany(group => group.Endpoints).Select(endpoint => new WeightedAddress(endpoint.Address, line.Weight, endpoint.Metadata)));
                }
                else if (_states[IdOf(line)] is var state && state is Resolution.Pending)
                {
                    return state;
                }
                else
                {
                    problem ??= state is Resolution.Failed failed ? failed.Error : $"host '{line.Host}' is not known";
                }
            }
        }

        return endpoints.Count == 0 && problem is not null
            ? new Resolution.Failed($"no host of the file resolves: {problem}")
            : new Resolution.Bound(EndpointSet.Create(endpoints));
    }

    public void Dispose()
    {
        foreach (var watch in _watches.Values)
        {
            watch.Dispose();
        }

        _watches = [];
    }

    private static DstPath IdOf(FileEndpoint line) => DstPath.FromLabels("$", "inet", line.Host, line.Port.ToString(CultureInfo.InvariantCulture));

    private void Follow(EndpointFile file)
    {
        var before = _watches;
        _watches = [];
        foreach (var line in file.Endpoints)
        {
            if (line.Address is null && IdOf(line) is var id && !_watches.ContainsKey(id))
            {
                _watches.Add(id, before.Remove(id, out var watch) ? watch : Watch(id));
            }
        }

        foreach (var (id, watch) in before)
        {
            watch.Dispose();
            lock (_lock)
            {
                _states.Remove(id);
                _lastGood.Remove(id);
            }
        }
    }

    private IDisposable Watch(DstPath id)
    {
        lock (_lock)
        {
            _states[id] = Resolution.Pending.Instance;
        }

        return lookups.Watch(id, state => Update(id, state));
    }

    private void Update(DstPath id, Resolution state)
    {
        lock (_lock)
        {
            _states[id] = state;
            if (state is Resolution.Bound bound)
            {
                _lastGood[id] = bound;
            }
        }

        changed();
    }
}
