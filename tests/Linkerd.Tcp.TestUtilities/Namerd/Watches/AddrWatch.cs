namespace Linkerd.Tcp.TestUtilities;

/// <summary><c>addr</c>: equal states in a row are sent once, and nothing while the id is pending.</summary>
internal sealed class AddrWatch(StandInWorld world, DstPath id) : StandInWatch<StandInEvent>(world)
{
    private readonly DstPath _id = StandInNamers.WithoutTransformer(id);
    private NameState? _sent;

    public override void Look()
    {
        var state = World.Addresses(_id);
        if (state is NameState.BindError error)
        {
            Emit(new StandInEvent(error.Text, IsError: true));
            End();
        }
        else if (state is not NameState.Pending && state != _sent)
        {
            _sent = state;
            Emit(new StandInEvent(NamerdJson.Print(state)));
        }
    }
}
