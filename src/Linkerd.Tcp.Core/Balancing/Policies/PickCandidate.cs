using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing;

/// <summary>Represents an endpoint within a group that an <see cref="IEndpointPicker"/> picks from. Any thread.</summary>
public readonly struct PickCandidate
{
    private readonly EndpointBranch? _branch;

    internal PickCandidate(ServerEndpoint endpoint, double weight, EndpointBranch? branch) => (Endpoint, Weight, _branch) = (endpoint, weight, branch);

    /// <summary>Gets the endpoint.</summary>
    public ServerEndpoint Endpoint { get; }

    /// <summary>Gets the weight in the group; more than 0 and finite.</summary>
    public double Weight { get; }

    /// <summary>Gets the number of connections, open and pending, that came through the group. Those of other groups with the same address do not count.</summary>
    public long Load => EndpointBranch.ReadLoad(Endpoint, _branch, out _);

    /// <summary>Gets the number of times the endpoint was picked through the group.</summary>
    public long Picks
    {
        get
        {
            EndpointBranch.ReadLoad(Endpoint, _branch, out var picks);
            return picks;
        }
    }

    /// <summary>Gets the weight for a session at this moment: less in slow start, 0 if the endpoint cannot take the session or others are preferred.</summary>
    /// <param name="context">The session.</param>
    public double EffectiveWeight(in PickContext context)
    {
        var gate = Endpoint.Gate;
        if (gate == AdmissionGate.None && context.Tried.IsEmpty)
        {
            return Weight;
        }

        PickState scope = default;
        scope.Begin(in context, Endpoint.Policy, LeaseSlots.OfThread);
        return (gate & AdmissionGate.Suspect) != 0 ? 0 : Weight * Endpoint.Admit(ref scope);
    }
}
