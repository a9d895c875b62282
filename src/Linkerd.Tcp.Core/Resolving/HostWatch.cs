using System.Runtime.CompilerServices;
using Linkerd.Tcp.Infrastructure;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Resolving;

/// <summary>The addresses of one host, looked up again and again.</summary>
/// <param name="name">The name that is watched, for the log.</param>
/// <param name="host">The host.</param>
/// <param name="options">The options.</param>
internal sealed partial class HostWatch(DstPath name, HostAddress host, HostResolverOptions options)
{
    private static readonly TimeSpan InitialRetry = TimeSpan.FromSeconds(0.5);

    /// <summary>Returns a bound, negative or failed state after each lookup, until the token is cancelled.</summary>
    public async IAsyncEnumerable<Resolution> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = new HostQuery(host, options);
        var backoff = new Backoff(InitialRetry < options.RefreshInterval ? InitialRetry : options.RefreshInterval, options.RefreshInterval, options.Random);
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

            Report(last, state, delay, warnings);
            last = state;
            yield return state;
            await Task.Delay(delay, options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Report(Resolution last, Resolution state, TimeSpan delay, RepeatFilter warnings)
    {
        if (state is Resolution.Failed failed)
        {
            if (!warnings.TryPass(out var suppressed))
            {
                return;
            }

            if (suppressed == 0)
            {
                Log.LookupFailed(options.Logger, name, failed.Error, delay.TotalSeconds);
            }
            else
            {
                Log.LookupStillFailing(options.Logger, name, failed.Error, delay.TotalSeconds, suppressed);
            }
        }
        else if (state.Equals(last))
        {
            return;
        }
        else if (state is Resolution.Bound bound)
        {
            if (last is not (Resolution.Bound or Resolution.Pending))
            {
                Log.Recovered(options.Logger, name);
            }

            Log.Addresses(options.Logger, name, bound.Endpoints);
        }
        else
        {
            Log.HostUnknown(options.Logger, name, host.Host);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2060, LogLevel.Debug, "{Name} has the addresses {Endpoints}", EventName = "HostAddresses")]
        public static partial void Addresses(ILogger logger, DstPath name, EndpointSet endpoints);

        [LoggerMessage(2061, LogLevel.Warning, "{Name}: host '{Host}' is not known", EventName = "HostUnknown")]
        public static partial void HostUnknown(ILogger logger, DstPath name, string host);

        [LoggerMessage(2062, LogLevel.Warning, "{Name}: {Error}; next try in {Delay:0.0} s", EventName = "HostLookupFailed")]
        public static partial void LookupFailed(ILogger logger, DstPath name, string error, double delay);

        [LoggerMessage(2063, LogLevel.Information, "{Name}: the host resolves again", EventName = "HostResolvesAgain")]
        public static partial void Recovered(ILogger logger, DstPath name);

        [LoggerMessage(2064, LogLevel.Warning, "{Name}: {Error}; next try in {Delay:0.0} s; {Suppressed} more such failures before this one", EventName = "HostLookupStillFailing")]
        public static partial void LookupStillFailing(ILogger logger, DstPath name, string error, double delay, int suppressed);
    }
}
