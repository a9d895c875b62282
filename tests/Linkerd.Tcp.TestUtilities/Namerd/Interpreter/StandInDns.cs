using System.Net;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Keeps the hosts of a world up to date that were not set but needed: each is looked up once it was asked for, and every 5 s from then on.</summary>
internal sealed class StandInDns(StandInWorld world, NamerdStandInOptions options) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private readonly CancellationTokenSource _stopped = new();
    private readonly List<Task> _running = [];

    /// <summary>Called under the world's lock, once for each host.</summary>
    public void Follow(string host) => _running.Add(Task.Run(() => FollowAsync(host, options.Resolver!)));

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        await Task.WhenAll(_running);
        _stopped.Dispose();
    }

    private async Task FollowAsync(string host, Func<string, CancellationToken, Task<IPAddress[]>> resolver)
    {
        string[]? last = null;
        try
        {
            while (true)
            {
                if (await TryResolveAsync(host, resolver) is { } found && last?.SequenceEqual(found) != true)
                {
                    last = found;
                    world.Change(namers => namers.Hosts.Set(host, found));
                }

                await Task.Delay(Interval, options.Time, _stopped.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody asks any more.
            return;
        }
    }

    private async Task<string[]?> TryResolveAsync(string host, Func<string, CancellationToken, Task<IPAddress[]>> resolver)
    {
        try
        {
            return [.. (await resolver(host, _stopped.Token)).Select(StandInAddress.Print).Order(StringComparer.Ordinal)];
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // No answer: the last one holds, and without one the host stays pending.
            return null;
        }
    }
}
