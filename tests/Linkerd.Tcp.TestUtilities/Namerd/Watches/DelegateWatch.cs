namespace Linkerd.Tcp.TestUtilities;

/// <summary><c>delegate</c>: one document, as soon as no address in it is pending.</summary>
/// <param name="world">The world.</param>
/// <param name="ns">The namespace; null: only the dtab of the request.</param>
/// <param name="name">The name.</param>
/// <param name="extra">The dtab of the request.</param>
internal sealed class DelegateWatch(StandInWorld world, string? ns, DstPath name, StandInDtab extra) : StandInWatch<StandInEvent>(world)
{
    private DelegateTree? _tree;

    public override void Look()
    {
        try
        {
            _tree ??= World.Delegate(ns, name, extra);
        }
        catch (DelegationException exception)
        {
            Emit(new StandInEvent(exception.Message, IsError: true));
            End();
            return;
        }
        catch (TimeoutException)
        {
            // No answer: the request runs into its time-out.
            return;
        }

        if (DelegateJson.TryPrint(_tree, World.AddressesOfLeaf) is { } document)
        {
            Emit(new StandInEvent(document));
            End();
        }
    }
}
