using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Balancing.Hashing;

namespace Linkerd.Tcp.Balancing.Apertures;

/// <summary>Picks by any algorithm from the endpoints of a group that this instance uses; from the others if none of them can serve.</summary>
internal sealed class ApertureDistributor : Distributor
{
    private readonly Distributor _inside;
    private readonly Distributor _outside;

    private ApertureDistributor(Distributor inside, Distributor outside)
    {
        _inside = inside;
        _outside = outside;
    }

    /// <summary>The factory of an algorithm, for the endpoints within the aperture.</summary>
    public static DistributorFactory Around(DistributorFactory factory, ApertureOptions options) => (members, previous) =>
    {
        var old = previous as ApertureDistributor;
        var sorted = AddressOrder.Sort(members);
        ApertureRing.Split(sorted, options, out var inside, out var outside);
        var used = factory(inside, old is null ? previous : old._inside);
        return outside.Length == 0 ? used : new ApertureDistributor(used, factory(outside, old?._outside));
    };

    public override ServerEndpoint? Choose(ref PickState scope) => _inside.Choose(ref scope) ?? _outside.Choose(ref scope);

    public override bool CanServe(ref PickState scope) => _inside.CanServe(ref scope) || _outside.CanServe(ref scope);

    public override Exception? Error => _inside.Error ?? _outside.Error;

    public override void Retire()
    {
        _inside.Retire();
        _outside.Retire();
    }
}
