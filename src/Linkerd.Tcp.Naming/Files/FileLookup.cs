namespace Linkerd.Tcp.Naming.Files;

/// <summary>The binding of a name by the files of a directory.</summary>
internal sealed class FileLookup(DstPath prefix, DstPath name, FileObserver observer) : NamerLookup
{
    public override NameBinding Current => observer.Current switch
    {
        { IsFile: true, Depth: var depth } => new NameBinding.Bound(new BoundTree.Leaf(name.Take(prefix.Count + depth), name.Skip(prefix.Count + depth))),
        { State.Kind: FileKind.Unknown } => NameBinding.Pending.Instance,
        { State: { Kind: FileKind.Broken, Error: var error } } => new NameBinding.Failed($"{name}: {error}"),
        _ => NameBinding.Bound.Negative,
    };

    protected override void Dispose(bool disposing)
    {
        observer.Dispose();
        base.Dispose(disposing);
    }
}
