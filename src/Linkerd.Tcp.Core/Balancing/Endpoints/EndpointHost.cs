using System.Net.Sockets;

namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>
/// A host whose addresses are endpoints of a balancer. Remembers which family of its addresses (IPv4, IPv6) has left an attempt without an answer.
/// </summary>
/// <remarks>
/// Happy Eyeballs (RFC 8305) tries both families at once. That would double the connects of servers that are well, so the first session that finds a family
/// dead spares the others.
/// </remarks>
internal sealed class EndpointHost(EndpointPolicy policy)
{
    /// <summary>The time for which a family is less preferred than the other.</summary>
    public static readonly TimeSpan DoubtTime = TimeSpan.FromSeconds(60);

    private readonly List<ServerEndpoint> _named = [];
    private volatile ServerEndpoint[] _members = [];
    private long _until4;
    private long _until6;

    /// <summary>Gets the endpoints of the current set that are addresses of the host.</summary>
    public IReadOnlyList<ServerEndpoint> Members => _members;

    /// <summary>Adds an address that the update at hand names. Under the balancer's lock.</summary>
    public void Name(ServerEndpoint endpoint) => _named.Add(endpoint);

    /// <summary>Makes the named addresses those of the current set. Under the balancer's lock.</summary>
    /// <returns>False if there are none.</returns>
    public bool TakeNamed()
    {
        _members = [.. _named];
        _named.Clear();
        return _members.Length > 0;
    }

    /// <summary>Gets the end of the doubt about a family, as a timestamp; 0 if there is none.</summary>
    public long UntilOf(AddressFamily family) => Volatile.Read(ref Until(family));

    /// <summary>Called when an attempt has timed out: the other family is preferred for a time, if the host has addresses of both.</summary>
    public void Doubt(ServerEndpoint endpoint, long now)
    {
        var family = endpoint.Address.AddressFamily;
        lock (policy.Lock)
        {
            ref var until = ref Until(family);
            var isDoubted = until > now;
            if (!isDoubted && !Array.Exists(_members, member => member.Address.AddressFamily != family))
            {
                return;
            }

            Volatile.Write(ref until, now + policy.ToTicks(DoubtTime));
            if (isDoubted)
            {
                endpoint.DoubtFamily();
                return;
            }

            foreach (var member in _members)
            {
                if (member.Address.AddressFamily == family)
                {
                    member.DoubtFamily();
                }
            }
        }
    }

    /// <summary>Called when an attempt has succeeded: nothing is held against the family any more. Each member finds out when it is looked at next.</summary>
    public void Trust(AddressFamily family)
    {
        lock (policy.Lock)
        {
            Volatile.Write(ref Until(family), 0);
        }
    }

    private ref long Until(AddressFamily family) => ref family == AddressFamily.InterNetworkV6 ? ref _until6 : ref _until4;
}
