using System.Runtime.CompilerServices;
using Linkerd.Tcp.Infrastructure;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Dns;

/// <summary>Watches names over DNS: looks them up, and again when the answer has expired. Any thread.</summary>
/// <param name="prefix">The prefix of the names in a log.</param>
/// <param name="options">The options.</param>
/// <param name="query">Creates the function that looks a name up, one round after the other.</param>
internal sealed partial class DnsWatches(DstPath prefix, DnsNamerOptions options, Func<DstPath, Func<CancellationToken, Task<DnsOutcome>>> query) : IResolver
{
    public async IAsyncEnumerable<Resolution> WatchAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var ask = query(name);
        var id = prefix.Append(name);
        var backoff = new Backoff(DnsTimes.InitialRetry, DnsTimes.MaxRetry, options.Random);
        var warnings = new RepeatFilter(options.TimeProvider);
        Resolution last = Resolution.Pending.Instance;
        while (true)
        {
            var (state, delay) = await ask(cancellationToken).ConfigureAwait(false);
            if (state is Resolution.Failed failed)
            {
                delay = backoff.Next();
                if (warnings.TryPass(out var suppressed))
                {
                    Log.Failed(options.Logger, id, failed.Error, delay.TotalSeconds, suppressed);
                }
            }
            else
            {
                backoff.Reset();
                if (!state.Equals(last))
                {
                    Log.Answered(options.Logger, id, state, delay.TotalSeconds);
                }
            }

            last = state;
            yield return state;
            await Task.Delay(delay, options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2090, LogLevel.Debug, "{Name} is {State}; asked again in {Delay:0.###} s", EventName = "DnsAnswered")]
        public static partial void Answered(ILogger logger, DstPath name, Resolution state, double delay);

        [LoggerMessage(2091, LogLevel.Warning, "{Name}: {Error}; next try in {Delay:0.0} s; {Suppressed} more such failures before this one", EventName = "DnsLookupFailed")]
        public static partial void Failed(ILogger logger, DstPath name, string error, double delay, int suppressed);
    }
}
