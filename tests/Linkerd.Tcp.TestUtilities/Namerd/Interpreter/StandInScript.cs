using System.Globalization;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>
/// What a test said of names and ids. A name that was given addresses is bound to the id <c>/#/scripted/&lt;namespace&gt;/&lt;name&gt;</c>, a branch of a union to
/// <c>/#/scripted.&lt;index&gt;/...</c>; those ids have the addresses. Guarded by its owner's lock.
/// </summary>
internal sealed class StandInScript(StandInReads reads, StandInNamers namers)
{
    private readonly Dictionary<(string Namespace, DstPath Name), NameState> _names = [];
    private readonly Dictionary<DstPath, NameState.HttpStatus> _statuses = [];

    /// <summary>Says what a name is; null takes it back.</summary>
    /// <returns>The facts that this changes.</returns>
    public IEnumerable<string> Set(string ns, DstPath name, NameState? state)
    {
        if (state is null)
        {
            _names.Remove((ns, name));
        }
        else
        {
            _names[(ns, name)] = state;
        }

        return [Fact(ns, name), .. SetIds(ns, name, state ?? new NameState.Neg(), string.Empty)];
    }

    /// <summary>Says what the addresses of an id are; null takes it back.</summary>
    /// <returns>The facts that this changes.</returns>
    public IEnumerable<string> SetId(DstPath id, NameState? state)
    {
        if (state is NameState.HttpStatus status)
        {
            _statuses[id] = status;
            return [];
        }

        _statuses.Remove(id);
        namers.Set(id, state);
        return [StandInNamers.Fact(id)];
    }

    public NameState.HttpStatus? Status(string ns, DstPath name) => _names.GetValueOrDefault((ns, name)) as NameState.HttpStatus;

    public NameState.HttpStatus? Status(DstPath id) => _statuses.GetValueOrDefault(id);

    /// <summary>What a name is bound to; null where nothing was said of it.</summary>
    public BoundTree? Lookup(string ns, DstPath name)
    {
        reads.Note(Fact(ns, name));
        return _names.TryGetValue((ns, name), out var state) ? Tree(state, ns, name, string.Empty, weight: null) : null;
    }

    // An exception or a status at the name is none of its addresses' business: they stay what they were, for those who watch them.
    private List<string> SetIds(string ns, DstPath name, NameState state, string index)
    {
        var id = IdOf(ns, name, index);
        if (state is NameState.Union union)
        {
            return [.. union.Branches.SelectMany((branch, i) => SetIds(ns, name, branch.State, $"{index}.{i.ToString(CultureInfo.InvariantCulture)}"))];
        }

        return state is NameState.BindError or NameState.Leaf or NameState.Empty or NameState.Fail ? [] : [.. SetId(id, state)];
    }

    private static BoundTree Tree(NameState state, string ns, DstPath name, string index, double? weight) => state switch
    {
        NameState.BindError error => new BoundTree.Throws(error.Text),
        NameState.HttpStatus or NameState.Pending => new BoundTree.Pending(),
        NameState.Neg => new BoundTree.Neg(),
        NameState.Empty => new BoundTree.Empty(),
        NameState.Fail => new BoundTree.Fail(),
        NameState.Leaf leaf => new BoundTree.Leaf(DstPath.Parse(leaf.Id), DstPath.Parse(leaf.Residual), weight),
        NameState.Union union => BoundTree.OfBranches(
            union.Branches.Select((branch, i) => (branch.Weight, Tree(branch.State, ns, name, $"{index}.{i.ToString(CultureInfo.InvariantCulture)}", branch.Weight)))),
        _ => new BoundTree.Leaf(IdOf(ns, name, index), DstPath.Root, weight),
    };

    private static DstPath IdOf(string ns, DstPath name, string index) => DstPath.FromLabels("#", $"scripted{index}", ns.Length == 0 ? "-" : ns).Append(name);

    private static string Fact(string ns, DstPath name) => $"name {ns} {name}";
}
