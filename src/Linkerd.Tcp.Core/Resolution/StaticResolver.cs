using System.Net;
using System.Runtime.CompilerServices;

namespace Linkerd.Tcp;

/// <summary>Resolves every name to the same set, until an update replaces it. Any thread.</summary>
public sealed class StaticResolver : IResolver
{
    private readonly Latest<Resolution> _current;

    /// <summary>Makes a resolver that answers with the given endpoints, every weight 1.</summary>
    public StaticResolver(params IEnumerable<EndPoint> endpoints)
        : this(EndpointSet.Of(endpoints))
    {
    }

    /// <summary>Makes a resolver that answers with the given set.</summary>
    public StaticResolver(EndpointSet endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        _current = new(new Resolution.Bound(endpoints));
    }

    /// <summary>Replaces the set; every watch yields it.</summary>
    public void Update(EndpointSet endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        Update(new Resolution.Bound(endpoints));
    }

    /// <summary>Replaces the state; every watch yields it. A state that is replaced before a watch came to it is skipped.</summary>
    public void Update(Resolution resolution)
    {
        ArgumentNullException.ThrowIfNull(resolution);
        _current.Update(_ => resolution);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Resolution> ResolveAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var (current, replaced) = _current.Read();
            yield return current;
            await replaced.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
