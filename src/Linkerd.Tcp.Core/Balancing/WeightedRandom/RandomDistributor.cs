using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Balancing.WeightedRandom;

/// <summary>One drawn in proportion to its weight, whatever its load; <see cref="BalancerKind.Random"/>.</summary>
internal sealed class RandomDistributor : GroupDistributor
{
    // The number of further draws for one that cannot take the session.
    private const int Draws = 16;

    private readonly AliasTable? _table;

    private RandomDistributor(ServerEndpoint[] members, AliasTable? table)
        : base(members) => _table = table;

    /// <summary>A <see cref="DistributorFactory"/>.</summary>
    public static Distributor Create(ReadOnlySpan<GroupMember> members, Distributor? previous) =>
        new RandomDistributor(EndpointsOf(members), AliasTable.Of(members));

    public override ServerEndpoint? Choose(ref PickState scope)
    {
        var endpoint = DrawOne(scope.Random);
        return endpoint.Gate == AdmissionGate.None && !scope.NeedsAdmissionCheck && endpoint.TryTake(ref scope) ? endpoint : DrawGated(endpoint, ref scope);
    }

    private ServerEndpoint? DrawGated(ServerEndpoint endpoint, ref PickState scope)
    {
        for (var i = 0; i < Draws; i++)
        {
            endpoint = i == 0 ? endpoint : DrawOne(scope.Random);
            var factor = endpoint.Admit(ref scope);
            if (factor <= 0 || (factor < 1 && scope.Random.NextDouble() >= factor))
            {
                continue;
            }

            if ((endpoint.Gate & AdmissionGate.Suspect) == 0 && endpoint.TryTake(ref scope))
            {
                return endpoint;
            }
        }

        // The rest has next to nothing of the weight, or is in doubt, or does not exist.
        return TakeAny(scope.Random.NextUInt64(), ref scope);
    }

    private ServerEndpoint DrawOne(IRandomSource random)
    {
        var bits = random.NextUInt64();
        var members = Members;
        return members[_table is null ? (int)Math.BigMul(bits, (ulong)members.Length, out _) : _table.Draw(bits)];
    }
}
