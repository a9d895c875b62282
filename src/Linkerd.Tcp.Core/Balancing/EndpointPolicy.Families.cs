using System.Net.Sockets;

namespace Linkerd.Tcp;

/// <content>Hosts with addresses of two families, one of which does not answer.</content>
internal sealed partial class EndpointPolicy
{
    /// <summary>An attempt has timed out: the other family of the host, if it has addresses of both, is preferred for a time.</summary>
    public void DoubtFamily(Endpoint endpoint, long now)
    {
        if (endpoint.Host is not { } host)
        {
            return;
        }

        var family = endpoint.Address.AddressFamily;
        lock (Lock)
        {
            var isDoubted = host.UntilOf(family) > now;
            if (!isDoubted && !HasOtherFamily(host, family))
            {
                return;
            }

            host.Doubt(family, now + ToTicks(EndpointHost.DoubtTime));
            if (isDoubted)
            {
                endpoint.DoubtFamily();
                return;
            }

            foreach (var member in _members)
            {
                if (member.Host == host && member.Address.AddressFamily == family)
                {
                    member.DoubtFamily();
                }
            }
        }
    }

    /// <summary>An attempt has succeeded: nothing is held against the family of its address any more.</summary>
    public void TrustFamily(Endpoint endpoint)
    {
        if (endpoint.Host is not { } host)
        {
            return;
        }

        // Each member finds out when it is looked at next.
        lock (Lock)
        {
            host.Doubt(endpoint.Address.AddressFamily, 0);
        }
    }

    private bool HasOtherFamily(EndpointHost host, AddressFamily family)
    {
        foreach (var member in _members)
        {
            if (member.Host == host && member.Address.AddressFamily != family)
            {
                return true;
            }
        }

        return false;
    }
}
