using System.Runtime.CompilerServices;

namespace Linkerd.Tcp.Hosting.Running;

/// <summary>
/// Represents the resolver of names that a router no longer has: it never gives an answer, so that the last endpoints stay. Clients may still come for them, as a listener that is removed serves those that
/// have connected, and a new interpreter may not know the name. Immutable; any thread.
/// </summary>
internal sealed class SilentResolver : IResolver
{
    public static SilentResolver Instance { get; } = new();

    /// <inheritdoc/>
    public async IAsyncEnumerable<Resolution> WatchAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        yield break;
    }
}
