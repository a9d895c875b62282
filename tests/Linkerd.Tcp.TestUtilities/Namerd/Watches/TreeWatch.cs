namespace Linkerd.Tcp.TestUtilities;

/// <summary>The bound tree of a name, without any addresses, for interfaces that make their own of it.</summary>
internal sealed class TreeWatch(StandInWorld world, string ns, DstPath name, StandInDtab extra) : StandInWatch<BoundTree>(world)
{
    private BoundTree? _sent;

    public override void Look()
    {
        var tree = World.Bind(ns, name, extra);
        if (tree is BoundTree.Pending || tree == _sent)
        {
            return;
        }

        _sent = tree;
        Emit(tree);
        if (tree is BoundTree.Throws)
        {
            End();
        }
    }
}
