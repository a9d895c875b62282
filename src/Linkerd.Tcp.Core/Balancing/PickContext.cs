using System.Net;

namespace Linkerd.Tcp;

/// <summary>What a balancer is told of the session that it picks for.</summary>
public readonly ref struct PickContext
{
    /// <summary>The client's address, where it is known.</summary>
    public EndPoint? Client { get; init; }

    /// <summary>A hash of what sessions should stick by; 0 where there is none.</summary>
    public ulong Hash { get; init; }

    /// <summary>The endpoints that this session has tried in vain; they are not picked again.</summary>
    public ReadOnlySpan<Endpoint> Tried { get; init; }
}
