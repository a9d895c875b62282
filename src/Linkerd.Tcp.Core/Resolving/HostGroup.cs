using System.Net;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Resolving;

/// <summary>One watch of several hosts: the state of each, and the resolution that these make together.</summary>
internal sealed class HostGroup(HostAddress[] hosts, LatestValue<Resolution> states)
{
    private readonly Lock _lock = new();

    // Of each host: the last bound state if later lookups failed.
    private readonly Resolution[] _states = [.. hosts.Select(host => host.Address is { } address
        ? new Resolution.Bound(EndpointSet.Create(new IPEndPoint(address, host.Port)))
        : (Resolution)Resolution.Pending.Instance)];

    /// <summary>Follows the hosts until cancelled.</summary>
    public Task RunAsync(DstPath name, HostResolverOptions options, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            states.Put(Evaluate());
        }

        return Task.WhenAll(hosts.Select((host, i) => host.Address is null ? FollowAsync(new HostWatch(name, host, options), i, cancellationToken) : Task.CompletedTask));
    }

    private async Task FollowAsync(HostWatch watch, int index, CancellationToken cancellationToken)
    {
        await foreach (var state in watch.RunAsync(cancellationToken).ConfigureAwait(false))
        {
            lock (_lock)
            {
                if (state is not Resolution.Failed || _states[index] is not Resolution.Bound)
                {
                    _states[index] = state;
                    states.Put(Evaluate());
                }
            }
        }
    }

    private Resolution Evaluate()
    {
        var endpoints = _states.OfType<Resolution.Bound>().SelectMany(bound => bound.Endpoints.Groups).SelectMany(group => group.Endpoints).ToList();
        var errors = _states.OfType<Resolution.Failed>().Select(failed => failed.Error).ToList();
        return endpoints.Count > 0 ? new Resolution.Bound(EndpointSet.Create(endpoints))
            : errors.Count > 0 ? new Resolution.Failed(string.Join("; ", errors))
            : _states.Contains(Resolution.Pending.Instance) ? Resolution.Pending.Instance
            : Resolution.Negative.Instance;
    }
}
