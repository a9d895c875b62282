using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Documents;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Namerd.Requests;

/// <summary>Requests the tree that a name is bound to.</summary>
internal sealed class BindWatchKind : WatchKind<NameBinding>
{
    private BindWatchKind()
        : base("bind")
    {
    }

    public static BindWatchKind Instance { get; } = new();

    public override NameBinding Pending => NameBinding.Pending.Instance;

    public override bool IsAboutAName => true;

    public override NameBinding Failed(string error) => new NameBinding.Failed(error);

    public override NamerdDocument<NameBinding>? Parse(ReadOnlySpan<byte> utf8, out string? error) => BindDocument.Parse(utf8, out error);

    public override string? ErrorOf(NameBinding state) => (state as NameBinding.Failed)?.Error;

    public override StatePrecedence RankOf(NameBinding state) => state.Rank;

    public override string Kept(bool any) => any ? "keeping the last known tree" : "no tree is known yet";

    public override bool IsWorthKeeping(NameBinding state) => state.Rank == StatePrecedence.Bound;
}
