using System.Globalization;
using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Dialing.Checking;
using Linkerd.Tcp.Infrastructure;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp;

public sealed partial class Destination
{
    private readonly RepeatFilter _onlyFilter;

    // The only endpoint, while it is down and that was logged.
    private volatile ServerEndpoint? _onlyIsDown;
    private long _onlyDownSince;

    private void LogChange(EndpointSet before, EndpointSet after)
    {
        if (!_logger.IsEnabled(LogLevel.Information))
        {
            return;
        }

        var old = Weights(before);
        var added = 0;
        var reweighted = 0;
        foreach (var (address, weight) in Weights(after))
        {
            if (!old.Remove(address, out var oldWeight))
            {
                added++;
            }
            else if (weight != oldWeight)
            {
                reweighted++;
            }
        }

        Log.Changed(_logger, Name, after.Count, added, old.Count, reweighted);
        var invalid = after.Groups.Sum(static group => group.InvalidWeights);
        if (invalid > 0)
        {
            Log.InvalidWeights(_logger, Name, invalid);
        }
    }

    /// <summary>
    /// A connect has failed. Where others can take the sessions, an ejection is what there is to say; the only endpoint is never ejected, and a session tries it until it gives up.
    /// </summary>
    void IDialObserver.OnConnectFailed(ServerEndpoint endpoint, string detail, ConnectOptions policy)
    {
        if (_onlyIsDown == endpoint || Balancer.Endpoints.Count != 1 || !_onlyFilter.TryPass(out var suppressed))
        {
            return;
        }

        (_onlyDownSince, _onlyIsDown) = (_timeProvider.GetTimestamp(), endpoint);
        var patience = policy.MaxAttempts == 1 ? "each session tries it once"
            : policy.ConnectTimeout == Timeout.InfiniteTimeSpan ? "each session tries it until its client leaves"
            : string.Create(CultureInfo.InvariantCulture, $"each session tries it for up to {policy.ConnectTimeout.TotalSeconds:0.###} s");
        Log.OnlyIsDown(_logger, Name, endpoint.Address, detail, patience, suppressed);
    }

    /// <summary>A connect has succeeded.</summary>
    void IDialObserver.OnConnected(ServerEndpoint endpoint)
    {
        if (_onlyIsDown is { } down && down == endpoint && Interlocked.CompareExchange(ref _onlyIsDown, null, down) == down)
        {
            Log.OnlyIsBack(_logger, Name, endpoint.Address, _timeProvider.GetElapsedTime(_onlyDownSince).TotalSeconds);
        }
    }

    private static Dictionary<(EndPoint Address, int Group), double> Weights(EndpointSet set)
    {
        var weights = new Dictionary<(EndPoint, int), double>();
        for (var group = 0; group < set.Groups.Length; group++)
        {
            foreach (var endpoint in set.Groups[group].Endpoints)
            {
                weights[(endpoint.Address, group)] = endpoint.EffectiveWeight * set.Groups[group].Weight;
            }
        }

        return weights;
    }

    private static partial class Log
    {
        [LoggerMessage(3021, LogLevel.Error, "{Name}: a handler of the balancer's Changed event threw ({Suppressed} like this not shown)", EventName = "ChangedHandlerThrew")]
        public static partial void ChangedHandlerThrew(ILogger logger, Exception error, DstPath name, int suppressed);

        [LoggerMessage(3000, LogLevel.Information, "{Name}: {Count} endpoints ({Added} added, {Removed} removed, {Reweighted} re-weighted)", EventName = "EndpointsChanged")]
        public static partial void Changed(ILogger logger, DstPath name, int count, int added, int removed, int reweighted);

        [LoggerMessage(3001, LogLevel.Warning, "{Name}: {Invalid} weights are not finite numbers of 0 or more, and count as 1", EventName = "InvalidWeights")]
        public static partial void InvalidWeights(ILogger logger, DstPath name, int invalid);

        [LoggerMessage(3002, LogLevel.Information, "{Name} does not exist; {Count} endpoints dropped", EventName = "EndpointsCleared")]
        public static partial void Cleared(ILogger logger, DstPath name, int count);

        [LoggerMessage(3003, LogLevel.Warning, "{Name}: {Error}; {Count} endpoints kept ({Suppressed} like this not shown)", EventName = "EndpointsKept")]
        public static partial void Kept(ILogger logger, DstPath name, string error, int count, int suppressed);

        [LoggerMessage(3004, LogLevel.Warning, "{Name}: no connection to {Endpoint}, the only endpoint: {Detail}; {Patience} ({Suppressed} like this not shown)", EventName = "OnlyEndpointDown")]
        public static partial void OnlyIsDown(ILogger logger, DstPath name, EndPoint endpoint, string detail, string patience, int suppressed);

        [LoggerMessage(3005, LogLevel.Information, "{Name}: {Endpoint} takes connections again, after {Seconds:0.0} s", EventName = "OnlyEndpointBack")]
        public static partial void OnlyIsBack(ILogger logger, DstPath name, EndPoint endpoint, double seconds);

        [LoggerMessage(3006, LogLevel.Warning,
            "{Name}: no connections are made ahead ({Connections} were asked for), as each begins with a PROXY header that names its client", EventName = "PreconnectsOff")]
        public static partial void NotWarmed(ILogger logger, DstPath name, int connections);

        [LoggerMessage(3010, LogLevel.Warning, "{Name}: {Endpoint} is ejected ({Cause}; {Suppressed} like this not shown)", EventName = "EndpointEjected")]
        public static partial void Ejected(ILogger logger, DstPath name, EndPoint endpoint, EjectionCause cause, int suppressed);

        [LoggerMessage(3011, LogLevel.Information, "{Name}: {Endpoint} is back (it was ejected: {Cause}; {Suppressed} like this not shown)", EventName = "EndpointReadmitted")]
        public static partial void Readmitted(ILogger logger, DstPath name, EndPoint endpoint, EjectionCause cause, int suppressed);

        [LoggerMessage(3012, LogLevel.Debug, "{Name}: a check of {Endpoint} is {Verdict}: {Detail} ({Fails} failed in a row)", EventName = "CheckFailed")]
        public static partial void CheckFailed(ILogger logger, DstPath name, EndPoint endpoint, CheckVerdict verdict, string? detail, int fails);

        [LoggerMessage(3013, LogLevel.Warning,
            "{Name}: {Endpoint} fails its checks, and is not ejected, as it is the only one, or MaxEjectedShare is reached: {Detail} ({Suppressed} like this not shown)",
            EventName = "EjectionHeldBack")]
        public static partial void HeldBack(ILogger logger, DstPath name, EndPoint endpoint, string? detail, int suppressed);
    }
}
