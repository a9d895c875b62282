using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.TestUtilities;

/// <summary><c>dtabs/&lt;ns&gt;</c>: each write, of an equal dtab too; nothing while there is none, also when it is deleted.</summary>
internal sealed class DtabWatch(StandInWorld world, string ns, Func<Dtab, string> print) : StandInWatch<StandInEvent>(world)
{
    private VersionedDtab? _sent;

    public override void Look()
    {
        if (World.DtabNow(ns) is { } dtab && dtab != _sent)
        {
            _sent = dtab;
            Emit(new StandInEvent(print(dtab.Dtab.Printed)));
        }
    }
}
