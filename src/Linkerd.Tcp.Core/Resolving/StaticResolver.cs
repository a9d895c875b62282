using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp;

/// <summary>Resolves every name to the same set, until an update replaces it. Any thread.</summary>
public sealed class StaticResolver : IResolver
{
    private readonly ChangeSignal _signal = new();
    private volatile Resolution _current;

    /// <summary>Initializes a resolver with the given endpoints, every weight 1.</summary>
    /// <param name="endpoints">
    /// The endpoints, each an <see cref="IPEndPoint"/> or a <see cref="UnixDomainSocketEndPoint"/>. Host names are resolved by a <see cref="HostResolver"/>.
    /// </param>
    /// <exception cref="ArgumentException">An endpoint is of another kind, or null; the message contains it.</exception>
    public StaticResolver(params IEnumerable<EndPoint> endpoints)
        : this(EndpointSet.Create(Checked(endpoints)))
    {
    }

    /// <summary>Initializes a resolver with the given set.</summary>
    /// <exception cref="ArgumentException">An endpoint of it is neither an <see cref="IPEndPoint"/> nor a <see cref="UnixDomainSocketEndPoint"/>; the message contains it.</exception>
    public StaticResolver(EndpointSet endpoints)
    {
        Check(endpoints);
        _current = new Resolution.Bound(endpoints);
    }

    /// <summary>Replaces the set; every watch yields it.</summary>
    /// <inheritdoc cref="StaticResolver(EndpointSet)" path="/exception"/>
    public void Update(EndpointSet endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        Update(new Resolution.Bound(endpoints));
    }

    /// <summary>Replaces the state; every watch yields it. A state that is replaced before a watch came to it is skipped.</summary>
    /// <inheritdoc cref="StaticResolver(EndpointSet)" path="/exception"/>
    public void Update(Resolution resolution)
    {
        ArgumentNullException.ThrowIfNull(resolution);
        if (resolution is Resolution.Bound bound)
        {
            Check(bound.Endpoints);
        }

        _current = resolution;
        _signal.Raise();
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Resolution> WatchAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var version = _signal.Version;
            yield return _current;
            await _signal.WaitAsync(version, cancellationToken).ConfigureAwait(false);
        }
    }

    private static EndPoint[] Checked(IEnumerable<EndPoint> endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        EndPoint[] all = [.. endpoints];
        for (var i = 0; i < all.Length; i++)
        {
            if (FindProblem(all[i]) is { } problem)
            {
                throw new ArgumentException($"endpoints[{i}]: {problem}", nameof(endpoints));
            }
        }

        return all;
    }

    private static void Check(EndpointSet endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        for (var group = 0; group < endpoints.Groups.Length; group++)
        {
            var members = endpoints.Groups[group].Endpoints;
            for (var i = 0; i < members.Length; i++)
            {
                if (FindProblem(members[i].Address) is { } problem)
                {
                    throw new ArgumentException($"group {group}, endpoint {i}: {problem}", nameof(endpoints));
                }
            }
        }
    }

    // Reported here and not by each session that is reset: an endpoint that is given here stays.
    private static string? FindProblem(EndPoint? endPoint)
    {
        if (endPoint is IPEndPoint or UnixDomainSocketEndPoint)
        {
            return null;
        }

        var given = endPoint is null ? "null" : $"{endPoint} ({endPoint.GetType().Name})";
        var hint = endPoint is DnsEndPoint dns ? $" {nameof(HostResolver)} resolves a host name, as '{dns.Host}:{dns.Port}'." : string.Empty;
        return $"an {nameof(IPEndPoint)} or a {nameof(UnixDomainSocketEndPoint)} was expected, not {given}.{hint}";
    }
}
