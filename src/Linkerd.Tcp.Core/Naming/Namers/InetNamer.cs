using System.Net;
using System.Runtime.CompilerServices;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Naming.Namers;

/// <summary>
/// <c>/$/inet/&lt;host&gt;/&lt;port&gt;</c>: an address as it stands (IPv6 too, which linkerd refuses), <c>localhost</c> and a port alone as
/// 127.0.0.1, and a host name as all of its addresses, looked up again and again.
/// </summary>
internal sealed partial class InetNamer(LocalInterpreterOptions options, DstPath prefix) : Namer(prefix)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(0.5);

    internal override NamerLookup Look(DstPath name, Action changed) => NamerLookup.Constant(
        InetName.TryParse(name, out var problem) is { } inet
            ? new NameBinding.Bound(new BoundTree.Leaf(inet.Id, name.Skip(inet.Id.Count)))
            : new NameBinding.Failed(problem!.Message));

    internal override NameBindingException? Check(DstPath name) => InetName.TryParse(name, out var problem) is { Problem: { } wrong } ? wrong : problem;

    internal override IAsyncEnumerable<Resolution> WatchAsync(DstPath id, CancellationToken cancellationToken)
    {
        var name = InetName.TryParse(id, out var problem);
        return (name?.Problem ?? problem) is { } wrong ? new Resolution[] { new Resolution.Failed(wrong.Message) }.ToAsyncEnumerable()
            : name!.Address is { } address ? new Resolution[] { new Resolution.Bound(EndpointSet.Create(new IPEndPoint(address, name.Port))) }.ToAsyncEnumerable()
            : LookUpAsync(name, cancellationToken);
    }

    private async IAsyncEnumerable<Resolution> LookUpAsync(InetName name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = new HostQuery(name, options);
        var backoff = new Backoff(FirstRetry < options.RefreshInterval ? FirstRetry : options.RefreshInterval, options.RefreshInterval, options.Random);
        var warnings = new RepeatFilter(options.TimeProvider);
        Resolution last = Resolution.Pending.Instance;
        while (true)
        {
            var state = await query.AskAsync(cancellationToken).ConfigureAwait(false);
            var delay = options.RefreshInterval;
            if (state is Resolution.Failed)
            {
                delay = backoff.Next();
            }
            else
            {
                backoff.Reset();
            }

            Report(name, last, state, delay, warnings);
            last = state;
            yield return state;
            await Task.Delay(delay, options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Report(InetName name, Resolution last, Resolution state, TimeSpan delay, RepeatFilter warnings)
    {
        if (state is Resolution.Failed failed)
        {
            if (!warnings.TryPass(out var suppressed))
            {
                return;
            }

            if (suppressed == 0)
            {
                Log.LookupFailed(options.Logger, name.Id, failed.Error, delay.TotalSeconds);
            }
            else
            {
                Log.LookupStillFailing(options.Logger, name.Id, failed.Error, delay.TotalSeconds, suppressed);
            }
        }
        else if (state == last)
        {
            return;
        }
        else if (state is Resolution.Bound bound)
        {
            if (last is not (Resolution.Bound or Resolution.Pending))
            {
                Log.Recovered(options.Logger, name.Id);
            }

            Log.Addresses(options.Logger, name.Id, bound.Endpoints);
        }
        else
        {
            Log.HostUnknown(options.Logger, name.Id, name.Host);
        }
    }
}
