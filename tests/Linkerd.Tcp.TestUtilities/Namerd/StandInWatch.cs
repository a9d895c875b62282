using System.Threading.Channels;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>One event of a watch.</summary>
/// <param name="Text">A document, or the message of an exception.</param>
/// <param name="IsError">Whether binding threw: nothing comes after it.</param>
internal sealed record StandInEvent(string Text, bool IsError);

/// <summary>
/// What one request sees of the world. As namerd's: equal states in a row are sent once, no state is left out for a slow reader, and the branch of a union
/// is drawn when the bound tree changes.
/// </summary>
internal sealed class StandInWatch(StandInWorld world, string ns, DstPath name, StandInDtab extra) : IDisposable
{
    private readonly Channel<StandInEvent> _events = Channel.CreateUnbounded<StandInEvent>();
    private BoundTree? _tree;
    private string? _id;
    private NameState? _sent;

    public ChannelReader<StandInEvent> Events => _events.Reader;

    /// <summary>Looks at the world; its lock is held.</summary>
    public void Look(StandInWorld at)
    {
        var tree = at.Bind(ns, name, extra);
        if (tree is BoundTree.Pending)
        {
            return;
        }

        if (tree is BoundTree.Throws throws)
        {
            _events.Writer.TryWrite(new StandInEvent(throws.Message, IsError: true));
            _events.Writer.TryComplete();
            return;
        }

        if (tree != _tree)
        {
            _tree = tree;
            _id = at.Draw(tree);
        }

        var state = _id is null ? new NameState.Neg() : at.Addresses(_id);
        if (state is not NameState.Pending && state != _sent)
        {
            _sent = state;
            _events.Writer.TryWrite(new StandInEvent(NamerdJson.Print(state), IsError: false));
        }
    }

    public void Dispose() => world.Forget(this);
}
