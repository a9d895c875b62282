namespace Linkerd.Tcp.TestUtilities;

/// <summary>
/// <c>bind</c>: trees with equal ids and weights in a row are sent once. The addresses in an event are those of the moment at which it is rendered, and that waits
/// until none of them is pending; so do the events behind it.
/// </summary>
internal sealed class BindWatch(StandInWorld world, string ns, DstPath name, StandInDtab extra) : StandInWatch<StandInEvent>(world)
{
    private readonly Queue<BoundTree> _waiting = [];
    private BoundTree? _tree;

    public override void Look()
    {
        var tree = World.Bind(ns, name, extra);
        if (tree is BoundTree.Throws throws)
        {
            // This one does not wait for the events before it.
            Emit(new StandInEvent(throws.Message, IsError: true));
            End();
            return;
        }

        if (tree is not BoundTree.Pending && tree != _tree)
        {
            _tree = tree;
            _waiting.Enqueue(tree);
        }

        while (_waiting.TryPeek(out var next))
        {
            if (BindJson.TryPrint(next, World.AddressesOfLeaf) is not { } document)
            {
                return;
            }

            _waiting.Dequeue();
            Emit(new StandInEvent(document));
        }
    }
}
