using System.Globalization;
using System.Net;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Dns;

/// <summary>
/// Resolves names of hosts: <c>/#/io.l5d.dns/&lt;host&gt;/&lt;port&gt;</c> is all of the host's addresses of both families; further labels are the residual. Looked up
/// again when the answer has expired, after 1 s to 300 s. A host that does not exist, or has no address, is a negative name, so that an alternative is used (and is looked
/// up again within 30 s); an answer that fails (SERVFAIL, REFUSED, none at all) is a failed resolution, so that the last set stays, and is retried after 0.5 s to 1 s, doubling up to 30 s.
/// The hosts file, the search list and <c>ndots</c> of <c>resolv.conf</c> are honoured. Members may be called from any thread. No query is sent before a name is looked up.
/// </summary>
public sealed class DnsNamer : Namer
{
    private static readonly DstPath DefaultPrefix = DstPath.Parse("/#/io.l5d.dns");
    private readonly DnsResolver _resolver;
    private readonly ResolverNamer _names;

    /// <summary>Initializes a namer. No query is sent before a name is looked up.</summary>
    /// <param name="options">The options, which are copied; null for the defaults.</param>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public DnsNamer(DnsNamerOptions? options = null)
        : this(options ?? new(), null, TextFiles.Instance)
    {
    }

    internal DnsNamer(DnsNamerOptions options, IDnsClient? client, ITextFiles files)
        : base(options.Prefix ?? DefaultPrefix)
    {
        options = OptionsValidator.Validated(options.Copy(), static (options, validator) => options.Validate(validator));
        _resolver = new DnsResolver(options, client ?? DnsServerClient.For(options.TimeProvider), files);
        _names = new ResolverNamer(Prefix, new DnsWatches(Prefix, options, QueryFor), labels: 2);
    }

    /// <inheritdoc/>
    public override NamerLookup Lookup(DstPath name, Action changed)
    {
        if (Check(name) is { } wrong)
        {
            return NamerLookup.Constant(new NameBinding.Failed(wrong.Message));
        }

        var leaf = new BoundTree.Leaf(name.Take(Prefix.Count + 2), name.Skip(Prefix.Count + 2));
        return DnsNames.IsHost(HostOf(name)) && AddressOf(name) is null ? _names.Lookup(name, changed) : NamerLookup.Constant(new NameBinding.Bound(leaf));
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<Resolution> WatchAsync(DstPath id, CancellationToken cancellationToken = default) =>
        Check(id) is { } wrong ? new Resolution[] { new Resolution.Failed(wrong.Message) }.ToAsyncEnumerable()
            : AddressOf(id) is { } address ? new Resolution[] { new Resolution.Bound(EndpointSet.Create(new IPEndPoint(address, PortOf(id)))) }.ToAsyncEnumerable()
            : _names.WatchAsync(id, cancellationToken);

    /// <inheritdoc/>
    public override NameBindingException? Check(DstPath name)
    {
        var count = name.Count - Prefix.Count;
        var problem = count == 0 ? $"'/<host>/<port>' was expected after '{Prefix}'"
            : AddressLiteral.IsAmbiguous(HostOf(name)) ? $"{AddressLiteral.Expected}, was expected where '{HostOf(name)}' stands"
            : AddressOf(name) is null && !AddressLiteral.HasZoneName(HostOf(name)) && !DnsNames.IsHost(HostOf(name)) ? $"a host name or an IP address was expected where '{HostOf(name)}' stands"
            : count == 1 ? $"a port from 1 to 65535 was expected after '{HostOf(name)}'"
            : DnsNames.PortOf(name[Prefix.Count + 1]) is null ? $"a port from 1 to 65535 was expected where '{name[Prefix.Count + 1]}' stands"
            : null;
        return problem is null ? null : new NameBindingException(name, problem);
    }

    private string HostOf(DstPath name) => name[Prefix.Count];

    private int PortOf(DstPath name) => int.Parse(name[Prefix.Count + 1], CultureInfo.InvariantCulture);

    // Null if it has the name of an interface, which comes and goes.
    private IPAddress? AddressOf(DstPath name) => AddressLiteral.HasZoneName(HostOf(name)) ? null : AddressLiteral.Read(HostOf(name));

    // By the labels after the prefix.
    private Func<CancellationToken, Task<DnsOutcome>> QueryFor(DstPath name)
    {
        var (text, port) = (name[0], int.Parse(name[1], CultureInfo.InvariantCulture));
        var host = new DnsHost(text, _resolver);
        return async cancellationToken =>
        {
            var answer = await host.AskAsync(cancellationToken).ConfigureAwait(false);
            Resolution state = answer.Status switch
            {
                DnsStatus.Found => new Resolution.Bound(EndpointSet.OfHost(text, answer.Addresses.Select(address => new IPEndPoint(address, port)))),
                DnsStatus.Negative => Resolution.Negative.Instance,
                _ => new Resolution.Failed($"looking up host '{text}' failed: {answer.Error}"),
            };
            return new DnsOutcome(state, answer.Ttl);
        };
    }
}
