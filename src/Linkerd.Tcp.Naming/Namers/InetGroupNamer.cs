using System.Runtime.CompilerServices;

namespace Linkerd.Tcp.Naming.Namers;

/// <summary>
/// <c>/$/inets/&lt;host&gt;/&lt;port&gt;/&lt;host&gt;/&lt;port&gt;...</c>: the addresses of several <c>/$/inet</c> names as one set of equal endpoints, whereas a union would
/// give each name the same share. A host that does not exist, or is not resolved yet, is left out; one whose lookup fails keeps its last addresses.
/// </summary>
internal sealed class InetGroupNamer : Namer, IInterpreter
{
    private readonly InetNamer _inet;
    private readonly InterpreterResolver _members;

    public InetGroupNamer(InetNamer inet, DstPath prefix)
        : base(prefix)
    {
        _inet = inet;
        _members = new InterpreterResolver(this);
    }

    public override NamerLookup Lookup(DstPath name, Action changed)
    {
        var (members, id) = Read(name);
        return NamerLookup.Constant(members.Length > 0
            ? new NameBinding.Bound(new BoundTree.Leaf(id, name.Skip(id.Count)))
            : new NameBinding.Failed(Problem(name).Message));
    }

    public override NameBindingException? Check(DstPath name)
    {
        var (members, _) = Read(name);
        return members.Length == 0 ? Problem(name) : members.Select(_inet.Check).FirstOrDefault(problem => problem is not null);
    }

    public override async IAsyncEnumerable<Resolution> WatchAsync(DstPath id, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var state in _members.WatchAsync(id, cancellationToken).ConfigureAwait(false))
        {
            yield return state is Resolution.Bound bound ? new Resolution.Bound(EndpointSet.Create(bound.Endpoints.Groups.SelectMany(group => group.Endpoints))) : state;
        }
    }

    /// <inheritdoc/>
    IAsyncEnumerable<NameBinding> IInterpreter.BindAsync(DstPath name, CancellationToken cancellationToken)
    {
        var branches = Read(name).Members.Select(member => new WeightedBoundTree(1, new BoundTree.Leaf(member, DstPath.Root)));
        return new NameBinding[] { new NameBinding.Bound(new BoundTree.Union([.. branches])) }.ToAsyncEnumerable();
    }

    /// <inheritdoc/>
    IAsyncEnumerable<Resolution> IInterpreter.ResolveIdAsync(DstPath id, CancellationToken cancellationToken) => _inet.WatchAsync(id, cancellationToken);

    // As after "/$/inet": labels that are no host and port are the residual.
    private (DstPath[] Members, DstPath Id) Read(DstPath name)
    {
        var members = new List<DstPath>();
        var count = Prefix.Count;
        for (; name.Count >= count + 2 && name[count + 1].All(char.IsAsciiDigit); count += 2)
        {
            members.Add(_inet.Prefix.Append(name.Skip(count).Take(2)));
        }

        return ([.. members], name.Take(count));
    }

    private NameBindingException Problem(DstPath name) => new(name, $"'/<host>/<port>', once or more, was expected after '{Prefix}'");
}
