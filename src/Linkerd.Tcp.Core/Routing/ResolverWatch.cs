using Linkerd.Tcp.Infrastructure;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Routing;

/// <summary>Represents one watch on the resolver of a destination. If the resolver ends it or throws, it restarts after a back-off.</summary>
internal sealed partial class ResolverWatch
{
    private static readonly TimeSpan InitialRestart = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxRestart = TimeSpan.FromSeconds(10);

    private readonly Destination _destination;
    private readonly DestinationServices _services;
    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _stopping;
    private Task _running = Task.CompletedTask;

    /// <param name="destination">The destination, which receives the resolutions.</param>
    /// <param name="resolver">The resolver.</param>
    /// <param name="services">The clock, and the source of jitter.</param>
    /// <param name="ending">Cancelled when the destination ends.</param>
    public ResolverWatch(Destination destination, IResolver resolver, DestinationServices services, CancellationToken ending)
    {
        _destination = destination;
        Resolver = resolver;
        _services = services;
        _source = CancellationTokenSource.CreateLinkedTokenSource(ending);
        _stopping = _source.Token;
    }

    /// <summary>Gets the resolver.</summary>
    public IResolver Resolver { get; }

    public void Start() => _running = Task.Run(RunAsync, CancellationToken.None);

    /// <summary>Cancels the watch, and waits until it has ended, at most for the patience: afterwards the resolver may take any time, and its resolutions are dropped.</summary>
    /// <param name="patience">The longest time to wait, by the clock of the services.</param>
    public async Task StopAsync(TimeSpan patience)
    {
        await CancelAsync(_source, _services.Logger).ConfigureAwait(false);
        try
        {
            await _running.WaitAsync(patience, _services.TimeProvider, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Log.LeftBehind(_services.Logger, _destination.Name, Resolver.GetType().Name, patience.TotalSeconds);
        }
    }

    /// <summary>Cancels a source whose token resolvers hold, and disposes it.</summary>
    public static async Task CancelAsync(CancellationTokenSource source, ILogger logger)
    {
        try
        {
            await source.CancelAsync().ConfigureAwait(false);
        }
        catch (AggregateException error)
        {
            // Thrown by callbacks that a resolver has registered on its token; the other callbacks were called nevertheless.
            Log.CallbackThrew(logger, error);
        }

        source.Dispose();
    }

    private async Task RunAsync()
    {
        var restart = new Backoff(_services.Random, InitialRestart, MaxRestart);
        while (!_stopping.IsCancellationRequested)
        {
            string? problem;
            try
            {
                problem = await FollowAsync(restart).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                // A resolver that throws breaks its contract; the destination continues.
                problem = $"the resolver threw {error.GetType().Name}: {error.Message}";
            }

            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            try
            {
                await ApplyAsync(new Resolution.Failed(problem)).ConfigureAwait(false);
                await Task.Delay(restart.Next(), _services.TimeProvider, _stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Passes the resolutions to the destination.</summary>
    /// <returns>The reason for which the resolver ended.</returns>
    private async Task<string> FollowAsync(Backoff restart)
    {
        await foreach (var resolution in Resolver.WatchAsync(_destination.Name, _stopping).ConfigureAwait(false))
        {
            // A watch that was stopped has no receiver.
            if (_stopping.IsCancellationRequested)
            {
                break;
            }

            if (resolution is null or Resolution.Bound { Endpoints: null })
            {
                return "the resolver gave null in place of a resolution or its endpoints";
            }

            try
            {
                await ApplyAsync(resolution).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                return $"the balancer threw {error.GetType().Name}: {error.Message}";
            }

            restart.Reset();
        }

        return "the resolver ended the watch";
    }

    /// <summary>Gives the destination a resolution, on the executor if there is one: with a virtual clock nothing else runs at the same time.</summary>
    private Task ApplyAsync(Resolution resolution)
    {
        if (_services.Executor is not { } executor)
        {
            _destination.OnResolution(this, resolution);
            return Task.CompletedTask;
        }

        // The resolver continues on the thread pool, as it may block.
        var applied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        executor.Post(
            _ =>
            {
                try
                {
                    _destination.OnResolution(this, resolution);
                    applied.SetResult();
                }
                catch (Exception error)
                {
                    applied.SetException(error);
                }
            },
            null);
        return applied.Task.WaitAsync(_stopping);
    }

    private static partial class Log
    {
        [LoggerMessage(3020, LogLevel.Warning,
            "{Name}: the resolver ({Resolver}) has not ended its watch {Patience} s after its token was cancelled; it is left behind", EventName = "ResolverLeftBehind")]
        public static partial void LeftBehind(ILogger logger, DstPath name, string resolver, double patience);

        [LoggerMessage(3022, LogLevel.Error, "a callback that a resolver has registered on its token threw", EventName = "ResolverCallbackThrew")]
        public static partial void CallbackThrew(ILogger logger, Exception error);
    }
}
