using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Naming.Files;
using Linkerd.Tcp.Naming.Namers;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Dns;

/// <summary>
/// Names of services with SRV records (RFC 2782): <c>/#/io.l5d.dnssrv/_http._tcp.example.com</c>; further labels are the residual. Each priority is a tier, the
/// lowest value first; the weight of a record is shared by the addresses of its host, and a weight of 0 counts as 0.1 beside others, which is a small share and not a
/// drain. Hosts are taken from the answer where it has their addresses, and asked for where not. A service that does not exist, or whose only target is
/// <c>.</c>, is a negative name; a record with the port 0 is passed over. When it is asked again, and what a failure does, is as for a <see cref="DnsNamer"/>. Any thread; asks nothing while nobody looks.
/// </summary>
public sealed class DnsSrvNamer : Namer
{
    private static readonly DstPath DefaultPrefix = DstPath.Parse("/#/io.l5d.dnssrv");
    private readonly DnsLeaves _leaves;

    /// <summary>Makes a namer. Nothing is asked before a name is looked up.</summary>
    /// <param name="options">The options, which are copied; null: the defaults.</param>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public DnsSrvNamer(DnsNamerOptions? options = null)
        : this(options ?? new(), null, LocalFileSystem.Instance)
    {
    }

    internal DnsSrvNamer(DnsNamerOptions options, IDnsClient? client, IFileSystem files)
        : base(options.Prefix ?? DefaultPrefix)
    {
        options = OptionsValidator.Validated(options.Copy(), static (options, validator) => options.Validate(validator));
        var resolver = new DnsResolver(options, client ?? DnsServerClient.For(options.TimeProvider), files);
        _leaves = new DnsLeaves(options, id => new DnsSrvQuery(id[Prefix.Count], resolver, options.Logger).AskAsync);
    }

    internal override NamerLookup Look(DstPath name, Action changed) => Check(name) is { } wrong
        ? NamerLookup.Constant(new NameBinding.Failed(wrong.Message))
        : _leaves.Look(new BoundTree.Leaf(name.Take(Prefix.Count + 1), name.Skip(Prefix.Count + 1)), changed);

    internal override IAsyncEnumerable<Resolution> WatchAsync(DstPath id, CancellationToken cancellationToken) => Check(id) is { } wrong
        ? new Resolution[] { new Resolution.Failed(wrong.Message) }.ToAsyncEnumerable()
        : _leaves.WatchAsync(id.Take(Prefix.Count + 1), cancellationToken);

    internal override NameBindingException? Check(DstPath name) =>
        name.Count == Prefix.Count ? new NameBindingException(name, $"the name of a service, such as '/_http._tcp.example.com', was expected after '{Prefix}'")
            : !DnsNames.IsHost(name[Prefix.Count]) ? new NameBindingException(name, $"the name of a service was expected where '{name[Prefix.Count]}' stands")
            : null;
}
