using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Documents;

namespace Linkerd.Tcp.Namerd.Requests;

/// <summary>Requests addresses: of an id (<c>addr</c>), or of a name (<c>resolve</c>).</summary>
internal sealed class AddressWatchKind(string endpoint) : WatchKind<Resolution>(endpoint)
{
    /// <summary>The addresses behind an id.</summary>
    public static AddressWatchKind Addr { get; } = new("addr");

    /// <summary>The addresses behind a name, as the original requests them.</summary>
    public static AddressWatchKind Resolve { get; } = new("resolve");

    public override Resolution Pending => Resolution.Pending.Instance;

    public override bool IsAboutAName => this == Resolve;

    public override Resolution Failed(string error) => new Resolution.Failed(error);

    public override NamerdDocument<Resolution>? Parse(ReadOnlySpan<byte> utf8, out string? error) => ResolveDocument.Parse(utf8, out error);

    public override string? ErrorOf(Resolution state) => (state as Resolution.Failed)?.Error;

    public override StatePrecedence RankOf(Resolution state) => state.Rank;

    public override string Kept(bool any) => any ? "keeping the last known endpoints" : "no endpoints are known yet";

    public override bool IsWorthKeeping(Resolution state) => state is Resolution.Bound { Endpoints.IsEmpty: false };
}
