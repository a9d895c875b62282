namespace Linkerd.Tcp.TestUtilities;

/// <summary><c>resolve</c>: equal states in a row are sent once, and the branch of a union is drawn whenever the bound tree changes.</summary>
internal sealed class ResolveWatch(StandInWorld world, string ns, DstPath name, StandInDtab extra) : StandInWatch<StandInEvent>(world)
{
    private BoundTree? _tree;
    private DstPath? _id;
    private NameState? _sent;

    public override void Look()
    {
        var tree = World.Bind(ns, name, extra);
        if (tree is BoundTree.Pending)
        {
            return;
        }

        if (tree is BoundTree.Throws throws)
        {
            Fail(throws.Message);
            return;
        }

        if (tree != _tree)
        {
            _tree = tree;
            _id = World.Draw(tree);
        }

        var state = _id is null ? new NameState.Neg() : World.Addresses(_id);
        if (state is NameState.BindError error)
        {
            Fail(error.Text);
        }
        else if (state is not NameState.Pending && state != _sent)
        {
            _sent = state;
            Emit(new StandInEvent(NamerdJson.Print(state)));
        }
    }

    private void Fail(string message)
    {
        Emit(new StandInEvent(message, IsError: true));
        End();
    }
}
