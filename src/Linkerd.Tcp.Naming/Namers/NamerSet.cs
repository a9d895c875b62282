using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Naming.Namers;

/// <summary>The namers of an interpreter, in the order in which they are tried: the configured ones, then those under <c>/$/</c>.</summary>
internal sealed class NamerSet(IReadOnlyList<Namer> configured, HostResolverOptions options)
{
    private static readonly DstPath BuiltIn = DstPath.Parse("/$");

    private readonly Namer[] _all =
    [
        .. configured,
        new InetNamer(options, InetName.Prefix),
        new InetNamer(options, DstPath.Parse("/$/fixedinet")),
        new InetGroupNamer(new InetNamer(options, InetName.Prefix), DstPath.Parse("/$/inets")),
        new ConstantNamer(DstPath.Parse("/$/nil"), NameBinding.Bound.Empty),
        new ConstantNamer(DstPath.Parse("/$/fail"), NameBinding.Bound.Fail),
    ];

    /// <summary>Gets the namers for the prefix of a name.</summary>
    public IEnumerable<Namer> For(DstPath name) => _all.Where(namer => name.StartsWith(namer.Prefix));

    /// <summary>Gets the binding of a name without a namer: a class that does not exist under <c>/$/</c>, otherwise negative.</summary>
    public static NameBinding Unknown(DstPath name) => name.Count > BuiltIn.Count && name.StartsWith(BuiltIn)
        ? new NameBinding.Failed(Explain(name).Message)
        : NameBinding.Bound.Negative;

    /// <summary>Explains why a name has no namer.</summary>
    public static NameBindingException Explain(DstPath name) => new(
        name,
        !name.StartsWith(BuiltIn) ? "a name under '/$/' was expected, such as '/$/inet/<host>/<port>'"
            : name.Count == BuiltIn.Count ? "'/inet', '/nil' or '/fail' was expected after '/$'"
            : $"'inet', 'nil' or 'fail' was expected where '{name[BuiltIn.Count]}' stands");
}
