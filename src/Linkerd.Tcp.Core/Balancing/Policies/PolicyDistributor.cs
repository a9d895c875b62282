using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Balancing.Policies;

/// <summary>A group whose endpoints are picked by an <see cref="ILoadBalancingPolicy"/>, and admitted here.</summary>
internal sealed class PolicyDistributor : GroupDistributor
{
    // The number of calls of the picker for one session.
    private const int MaxCalls = 16;

    // With more than that the picker is not called again: the endpoints that were passed over could not be added.
    private const int MaxTried = 16;

    private readonly ILoadBalancingPolicy _policy;

    // Null if the policy has thrown.
    private readonly IEndpointPicker? _picker;

    private PolicyDistributor(ServerEndpoint[] members, EndpointBranch?[]? branches, ILoadBalancingPolicy policy, ImmutableArray<PickCandidate> candidates, IEndpointPicker? previous)
        : base(members, branches)
    {
        _policy = policy;
        try
        {
            _picker = policy.CreatePicker(candidates, previous) ?? throw new InvalidOperationException($"{policy.GetType().Name}.{nameof(policy.CreatePicker)} returned null; a picker was expected.");
        }
        catch (Exception error)
        {
            Error = error;
        }
    }

    public override Exception? Error { get; }

    /// <summary>A <see cref="DistributorFactory"/>, with the policy.</summary>
    public static Distributor Create(ReadOnlySpan<GroupMember> members, Distributor? previous, ILoadBalancingPolicy policy)
    {
        var candidates = new PickCandidate[members.Length];
        for (var i = 0; i < candidates.Length; i++)
        {
            candidates[i] = new PickCandidate(members[i].Endpoint, members[i].Weight, members[i].Branch);
        }

        var old = previous is PolicyDistributor other && other._policy == policy ? other._picker : null;
        return new PolicyDistributor(EndpointsOf(members), GroupMember.BranchesOf(members), policy, ImmutableCollectionsMarshal.AsImmutableArray(candidates), old);
    }

    public override ServerEndpoint? Choose(ref PickState scope)
    {
        var bits = scope.Random.NextUInt64();
        if (scope.IsPanic || _picker is null)
        {
            return TakeAny(bits, ref scope);
        }

        if (TakeDueProbe(bits, ref scope) is { } probed)
        {
            return probed;
        }

        var index = Call(in scope.Context);
        if (index >= 0 && Members[index].Gate == AdmissionGate.None && !scope.NeedsAdmissionCheck && TryTake(index, ref scope))
        {
            return Members[index];
        }

        return TakeGated(index, ref scope) ?? TakeAny(AliasTable.Mix(bits), ref scope);
    }

    // One at random is checked with each pick: a picker may never choose the one that must be tried to come back.
    private ServerEndpoint? TakeDueProbe(ulong bits, ref PickState scope)
    {
        var index = (int)Math.BigMul(bits, (ulong)Members.Length, out _);
        var endpoint = Members[index];
        return (endpoint.Gate & AdmissionGate.Ejected) != 0 && endpoint.Admit(ref scope) > 0 && TryTake(index, ref scope) ? endpoint : null;
    }

    private ServerEndpoint? TakeGated(int index, ref PickState scope)
    {
        var tried = scope.Context.Tried;
        var passedOver = default(PassedOver);
        var count = 0;
        for (var calls = 1; index >= 0; calls++)
        {
            if (IsAdmitted(Members[index], ref scope) && TryTake(index, ref scope))
            {
                return Members[index];
            }

            if (calls == MaxCalls || tried.Length > MaxTried)
            {
                break;
            }

            if (count == 0)
            {
                tried.CopyTo(passedOver);
                count = tried.Length;
            }

            passedOver[count++] = Members[index];
            index = Call(scope.Context with { Tried = passedOver[..count], TriedIndex = null });
        }

        return null;
    }

    private static bool IsAdmitted(ServerEndpoint endpoint, ref PickState scope)
    {
        var factor = endpoint.Admit(ref scope);
        return factor > 0 && (endpoint.Gate & AdmissionGate.Suspect) == 0 && (factor >= 1 || scope.Random.NextDouble() < factor);
    }

    private int Call(in PickContext context)
    {
        var index = _picker!.Pick(in context);
        return index < Members.Length
            ? index
            : throw new InvalidOperationException($"{_picker.GetType().Name}.{nameof(IEndpointPicker.Pick)} returned {index}; an index below {Members.Length} was expected.");
    }

    [InlineArray(MaxTried + MaxCalls)]
    private struct PassedOver
    {
        private ServerEndpoint _first;
    }
}
