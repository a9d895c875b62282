using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Dns;

/// <summary>
/// Resolves names of services with SRV records (RFC 2782): <c>/#/io.l5d.dnssrv/_http._tcp.example.com</c>; further labels are the residual. Each priority is a tier, the
/// lowest value first; the weight of a record is shared by the addresses of its host, and a weight of 0 counts as 0.1 beside others, which is a small share and not a
/// drain. Hosts are taken from the answer if it has their addresses, and looked up otherwise. A service that does not exist, or whose only target is
/// <c>.</c>, is a negative name; a record with the port 0 is passed over. Refreshes and failures are those of a <see cref="DnsNamer"/>. Members may be called
/// from any thread. No query is sent before a name is looked up.
/// </summary>
public sealed class DnsSrvNamer : Namer
{
    private static readonly DstPath DefaultPrefix = DstPath.Parse("/#/io.l5d.dnssrv");
    private readonly ResolverNamer _names;

    /// <summary>Initializes a namer. No query is sent before a name is looked up.</summary>
    /// <param name="options">The options, which are copied; null for the defaults.</param>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public DnsSrvNamer(DnsNamerOptions? options = null)
        : this(options ?? new(), null, TextFiles.Instance)
    {
    }

    internal DnsSrvNamer(DnsNamerOptions options, IDnsClient? client, ITextFiles files)
        : base(options.Prefix ?? DefaultPrefix)
    {
        options = OptionsValidator.Validated(options.Copy(), static (options, validator) => options.Validate(validator));
        var resolver = new DnsResolver(options, client ?? DnsServerClient.For(options.TimeProvider), files);
        _names = new ResolverNamer(Prefix, new DnsWatches(Prefix, options, name => new DnsSrvQuery(name[0], resolver, options.Logger).AskAsync));
    }

    /// <inheritdoc/>
    public override NamerLookup Lookup(DstPath name, Action changed) => Check(name) is { } wrong
        ? NamerLookup.Constant(new NameBinding.Failed(wrong.Message))
        : _names.Lookup(name, changed);

    /// <inheritdoc/>
    public override IAsyncEnumerable<Resolution> WatchAsync(DstPath id, CancellationToken cancellationToken = default) => Check(id) is { } wrong
        ? new Resolution[] { new Resolution.Failed(wrong.Message) }.ToAsyncEnumerable()
        : _names.WatchAsync(id, cancellationToken);

    /// <inheritdoc/>
    public override NameBindingException? Check(DstPath name) =>
        name.Count == Prefix.Count ? new NameBindingException(name, $"the name of a service, such as '/_http._tcp.example.com', was expected after '{Prefix}'")
            : !DnsNames.IsHost(name[Prefix.Count]) ? new NameBindingException(name, $"the name of a service was expected where '{name[Prefix.Count]}' stands")
            : null;
}
