using System.Net;
using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing;

/// <summary>Describes the session for which a load balancer picks an endpoint.</summary>
public readonly ref struct PickContext
{
    /// <summary>Initializes the description of a session.</summary>
    /// <param name="client">The address of the client; null if it is not known.</param>
    /// <param name="timestamp">The time of the pick (<see cref="Timestamp"/>).</param>
    /// <param name="hash">The hash by which sessions stick to endpoints (<see cref="Hash"/>).</param>
    /// <param name="tried">The endpoints that are not to be picked (<see cref="Tried"/>).</param>
    public PickContext(EndPoint? client = null, long timestamp = 0, ulong hash = 0, ReadOnlySpan<ServerEndpoint> tried = default)
    {
        Client = client;
        Timestamp = timestamp;
        Hash = hash;
        Tried = tried;
    }

    /// <summary>Gets the address of the client; null if it is not known. For a session of a proxy it is the effective one, of the PROXY header if there was one; it is made on first use.</summary>
    public EndPoint? Client
    {
        get => field ?? Session?.Client;
        internal init;
    }

    /// <summary>
    /// Gets the time of the pick as a timestamp of the balancer's <see cref="TimeProvider"/>; 0, the default, if the caller does not have it at hand.
    /// With a timestamp the balancer notices endpoints that leave connects without an answer; it reads no clock for that.
    /// </summary>
    public long Timestamp { get; internal init; }

    /// <summary>Gets the hash by which sessions stick to endpoints; 0 if there is none.</summary>
    public ulong Hash { get; internal init; }

    /// <summary>Gets the endpoints that this session has tried in vain; they are not picked again.</summary>
    public ReadOnlySpan<ServerEndpoint> Tried { get; internal init; }

    /// <summary>Gets the session; null if there is none. Only balancers that need the client's address use it.</summary>
    internal IClientContext? Session { get; init; }

    /// <summary>Finds one of many <see cref="Tried"/> at once; null if they are few.</summary>
    internal TriedEndpoints? TriedIndex { get; init; }
}
