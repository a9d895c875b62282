using System.Net;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Naming.Namers;

/// <summary>
/// <c>/$/inet/&lt;host&gt;/&lt;port&gt;</c>: an address as it stands (IPv6 too, which linkerd refuses), <c>localhost</c> and a port alone as
/// 127.0.0.1, and a host name as all of its addresses, looked up repeatedly.
/// </summary>
internal sealed class InetNamer(HostResolverOptions options, DstPath prefix) : Namer(prefix)
{
    public override NamerLookup Lookup(DstPath name, Action changed) => NamerLookup.Constant(
        InetName.TryParse(name, out var problem) is { } inet
            ? new NameBinding.Bound(new BoundTree.Leaf(inet.Id, name.Skip(inet.Id.Count)))
            : new NameBinding.Failed(problem!.Message));

    public override NameBindingException? Check(DstPath name) => InetName.TryParse(name, out var problem) is { Problem: { } wrong } ? wrong : problem;

    public override IAsyncEnumerable<Resolution> WatchAsync(DstPath id, CancellationToken cancellationToken = default)
    {
        var name = InetName.TryParse(id, out var problem);
        return (name?.Problem ?? problem) is { } wrong ? new Resolution[] { new Resolution.Failed(wrong.Message) }.ToAsyncEnumerable()
            : name!.Address is { } address ? new Resolution[] { new Resolution.Bound(EndpointsOf(name, new IPEndPoint(address, name.Port))) }.ToAsyncEnumerable()
            : ResolverOf(name).WatchAsync(name.Id, cancellationToken);
    }

    // localhost is not looked up, but it is a name as any other: the one that a certificate must have.
    private static EndpointSet EndpointsOf(InetName name, IPEndPoint endPoint) =>
        name.Host.Equals(InetName.LocalHost, StringComparison.OrdinalIgnoreCase) ? EndpointSet.OfHost(InetName.LocalHost, [endPoint]) : EndpointSet.Create(endPoint);

    private HostResolver ResolverOf(InetName name) =>
        new([name.Host.Contains(':', StringComparison.Ordinal) && name.Host[0] != '[' ? $"[{name.Host}]:{name.Port}" : $"{name.Host}:{name.Port}"], options);
}
