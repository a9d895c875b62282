using Linkerd.Tcp.Namerd.Http;
using Linkerd.Tcp.Namerd.Requests;
using Linkerd.Tcp.Namerd.Servers;

namespace Linkerd.Tcp.Namerd.Watching;

/// <summary>The common parts of the session of one name.</summary>
internal sealed record NameSetup<TState>(
    WatchKind<TState> Kind, NamerdClient Client, NamerdServers Servers, NamerdOptions Options, NameReport<TState> Report)
    where TState : class
{
    public NamerdPoll<TState> Poll { get; } = new(Kind, Client, Options);

    /// <summary>
    /// True if polls run beside a watch. Not beside a watched <c>resolve</c>: each evaluation draws one branch of a union again.
    /// </summary>
    public bool ChecksWatches => Options.Mode == NamerdMode.Bind;
}
