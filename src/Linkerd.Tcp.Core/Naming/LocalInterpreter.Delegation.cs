using Linkerd.Tcp.Naming.Binding;
using Linkerd.Tcp.Naming.Delegation;

namespace Linkerd.Tcp.Naming;

/// <content>Delegation: how a name comes to be bound.</content>
public sealed partial class LocalInterpreter : IDelegator
{
    // As long as namerd waits for its namers.
    private static readonly TimeSpan DelegationTimeout = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    /// <remarks>Waits for namers that have not answered yet, for 2 s at most; what is not known then is a <see cref="DelegateTree.Pending"/>.</remarks>
    public async Task<DelegateTree> DelegateAsync(DstPath name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        using var timeout = new CancellationTokenSource(DelegationTimeout, _options.TimeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var alarm = new AsyncSignal();
        using var lookups = new LookupSet(_namers, alarm.Ring);
        while (true)
        {
            var delegator = new LocalDelegator(Dtab, lookups.Ask);
            var tree = _names.TryGetValue(name, out var own) ? delegator.Delegate(name, own) : delegator.Delegate(name);
            lookups.EndRound();
            if (!delegator.IsPending || timeout.IsCancellationRequested)
            {
                return tree;
            }

            try
            {
                await alarm.WaitAsync(stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // One more look, at what has come in the meantime.
            }
        }
    }
}
