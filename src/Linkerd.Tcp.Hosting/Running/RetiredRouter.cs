namespace Linkerd.Tcp.Hosting.Running;

/// <summary>Represents a router that was removed: it does not listen any more, and its services are disposed when its last session has ended. Any thread.</summary>
internal sealed class RetiredRouter
{
    /// <param name="router">The router.</param>
    /// <param name="abort">Cancelled to abort the remaining sessions.</param>
    public RetiredRouter(HostedRouter router, CancellationToken abort)
    {
        Router = router;
        Ended = EndAsync(abort);
    }

    /// <summary>Gets the router.</summary>
    public HostedRouter Router { get; }

    /// <summary>Gets a task that completes when the services are disposed.</summary>
    public Task Ended { get; }

    private async Task EndAsync(CancellationToken abort)
    {
        await Router.Proxy.DrainAsync(Timeout.InfiniteTimeSpan, abort).ConfigureAwait(false);
        await Router.Proxy.DisposeAsync().ConfigureAwait(false);
        await Router.EndAsync().ConfigureAwait(false);
    }
}
