using System.Collections.Frozen;
using System.Runtime.CompilerServices;

namespace Linkerd.Tcp;

/// <summary>
/// The embedded interpreter: resolves names without any control plane. It knows
/// <c>/$/inet/&lt;host&gt;/&lt;port&gt;</c> (an address, or a host name with all of its addresses, looked up again every few seconds),
/// <c>/$/inet/&lt;port&gt;</c> (127.0.0.1), <c>/$/nil</c> (bound to nothing), <c>/$/fail</c> (negative),
/// and the names that it was given a tree for. Any thread; watches of the same leaf share their lookups.
/// </summary>
/// <remarks>The names are those of Finagle's <c>Namer.global</c>, as linkerd 1.x has them; IPv6 addresses are an addition.</remarks>
public sealed partial class LocalInterpreter : IResolver
{
    private static readonly DstPath BuiltIn = DstPath.Parse("/$");

    private readonly LocalInterpreterOptions _options;
    private readonly FrozenDictionary<DstPath, NameTree> _names;
    private readonly SharedLeaves _leaves = new();
    private readonly INamer[] _namers;

    /// <summary>Makes an interpreter. Nothing is looked up before a name is watched.</summary>
    /// <param name="options">Null: <see cref="LocalInterpreterOptions.Default"/>.</param>
    /// <param name="names">Names of one's own, and the tree that each stands for; the leaves are names under <c>/$/</c>.</param>
    /// <exception cref="NameBindingException">A leaf of a tree can never bind.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A time span of the options is not more than zero.</exception>
    public LocalInterpreter(LocalInterpreterOptions? options = null, IReadOnlyDictionary<DstPath, NameTree>? names = null)
    {
        _options = options ?? LocalInterpreterOptions.Default;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(_options.RefreshInterval, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(_options.LookupTimeout, TimeSpan.Zero, nameof(options));
        _names = (names ?? FrozenDictionary<DstPath, NameTree>.Empty).ToFrozenDictionary();
        _namers =
        [
            new InetNamer(_options),
            new ConstantNamer(DstPath.Parse("/$/nil"), new Resolution.Bound(EndpointSet.Empty)),
            new ConstantNamer(DstPath.Parse("/$/fail"), Resolution.Negative.Instance),
        ];
        foreach (var tree in _names.Values)
        {
            Validate(tree);
        }
    }

    /// <summary>Checks that a name can be bound here, as far as that can be told without looking anything up.</summary>
    /// <exception cref="NameBindingException">It can never bind; the message says what was expected.</exception>
    public void Validate(DstPath name)
    {
        ArgumentNullException.ThrowIfNull(name);
        Validate(TreeOf(name));
    }

    /// <summary>Checks that every leaf of a tree can be bound here.</summary>
    /// <exception cref="NameBindingException">One can never bind; the message says what was expected.</exception>
    public void Validate(NameTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        foreach (var name in tree.Leaves())
        {
            Bind(name);
        }
    }

    /// <inheritdoc/>
    /// <remarks>A name that can never bind is <see cref="Resolution.Failed"/> for ever; <see cref="Validate(DstPath)"/> tells beforehand.</remarks>
    public IAsyncEnumerable<Resolution> ResolveAsync(DstPath name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        return WatchAsync(name, cancellationToken);
    }

    /// <summary>What it is, for a log.</summary>
    public override string ToString() => "the embedded interpreter";

    private async IAsyncEnumerable<Resolution> WatchAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var tree = TreeOf(name);
        if (Problem(tree) is { } problem)
        {
            Log.Unbindable(_options.Logger, problem);
            yield return new Resolution.Failed(problem);
            await Task.Delay(Timeout.InfiniteTimeSpan, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }

        using var watch = new TreeWatch(tree, WatchLeaf);
        Resolution? last = null;
        while (true)
        {
            var (resolution, changed) = watch.Read();
            if (resolution != last)
            {
                last = resolution;
                Log.Resolved(_options.Logger, name, resolution);
                yield return resolution;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private NameTree TreeOf(DstPath name) => _names.TryGetValue(name, out var tree) ? tree : new NameTree.Leaf(name);

    private IDisposable WatchLeaf(DstPath name, Action<Resolution> observer)
    {
        var (namer, id) = Bind(name);
        return _leaves.Watch(namer, id, observer);
    }

    private string? Problem(NameTree tree)
    {
        try
        {
            Validate(tree);
            return null;
        }
        catch (NameBindingException e)
        {
            return e.Message;
        }
    }

    private (INamer Namer, DstPath Id) Bind(DstPath name)
    {
        foreach (var namer in _namers)
        {
            if (name.StartsWith(namer.Prefix))
            {
                return (namer, namer.Bind(name));
            }
        }

        throw new NameBindingException(name, !name.StartsWith(BuiltIn) ? "a name under '/$/' was expected, such as '/$/inet/<host>/<port>'"
            : name.Count == BuiltIn.Count ? "'/inet', '/nil' or '/fail' was expected after '/$'"
            : $"'inet', 'nil' or 'fail' was expected where '{name[BuiltIn.Count]}' stands");
    }
}
