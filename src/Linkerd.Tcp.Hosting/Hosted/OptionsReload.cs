using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Linkerd.Tcp.Hosting.Hosted;

/// <summary>
/// Applies the options of one name again when they change: one change at a time, and changes during one share the next. Options that are not valid are logged, and those before them stay in force. An
/// <see cref="IOptionsMonitor{T}"/> would throw to the source of the change instead. Any thread.
/// </summary>
/// <typeparam name="T">The type of the options.</typeparam>
internal sealed partial class OptionsReload<T> : IAsyncDisposable
    where T : class
{
    private readonly string _name;
    private readonly IOptionsFactory<T> _factory;
    private readonly Func<T, CancellationToken, Task<IReadOnlyList<string>>> _apply;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<IDisposable> _registrations;
    private readonly Lock _lock = new();
    private Task _reloading = Task.CompletedTask;
    private bool _isChanged;
    private bool _isRunning;

    /// <summary>Begins to watch the sources of the options. Changes wait for <see cref="Start"/>.</summary>
    /// <param name="name">The name of the options.</param>
    /// <param name="factory">Creates the options.</param>
    /// <param name="sources">The sources of changes, of all names.</param>
    /// <param name="apply">Applies options, all of them or none, and returns the keys that have changed.</param>
    /// <param name="logger">The logger.</param>
    public OptionsReload(string name, IOptionsFactory<T> factory, IEnumerable<IOptionsChangeTokenSource<T>> sources, Func<T, CancellationToken, Task<IReadOnlyList<string>>> apply, ILogger logger)
    {
        (_name, _factory, _apply, _logger) = (name, factory, apply, logger);
        _registrations = [.. sources.Where(source => source.Name == name).Select(source => ChangeToken.OnChange(source.GetChangeToken, OnChanged))];
    }

    /// <summary>Called when the first options are in force.</summary>
    public void Start() => _started.TrySetResult();

    /// <summary>Ends the watch, and waits for a change that is under way.</summary>
    public async ValueTask DisposeAsync()
    {
        _registrations.ForEach(static registration => registration.Dispose());
        await _ending.CancelAsync().ConfigureAwait(false);
        _started.TrySetResult();
        await _reloading.ConfigureAwait(false);
    }

    private void OnChanged()
    {
        lock (_lock)
        {
            _isChanged = true;
            if (!_isRunning)
            {
                _isRunning = true;
                _reloading = Task.Run(RunAsync, CancellationToken.None);
            }
        }
    }

    private async Task RunAsync()
    {
        await _started.Task.ConfigureAwait(false);
        while (TryBegin())
        {
            await ReloadAsync().ConfigureAwait(false);
        }
    }

    private bool TryBegin()
    {
        lock (_lock)
        {
            _isRunning = _isChanged && !_ending.IsCancellationRequested;
            _isChanged = false;
            return _isRunning;
        }
    }

    private async Task ReloadAsync()
    {
        try
        {
            var keys = await _apply(_factory.Create(_name), _ending.Token).ConfigureAwait(false);
            if (keys.Count > 0)
            {
                Log.Reloaded(_logger, _name, string.Join(", ", keys));
            }
        }
        catch (OptionsValidationException invalid)
        {
            Refuse([.. invalid.Failures]);
        }
        catch (InvalidOptionsException invalid)
        {
            Refuse([.. invalid.Errors.Select(static error => error.Path.Length == 0 ? error.Message : $"{error.Path}: {error.Message}")]);
        }
        catch (Exception error) when (error is NameBindingException or TransportException)
        {
            Refuse([error.Message]);
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // It is being stopped.
        }
        catch (Exception error)
        {
            // Such as a source that cannot be read. It goes on with the options that it has.
            Log.Failed(_logger, error, _name);
        }
    }

    private void Refuse(IReadOnlyList<string> problems)
    {
        Log.Refused(_logger, _name, problems.Count);
        foreach (var problem in problems)
        {
            Log.Problem(_logger, problem);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(8511, LogLevel.Information, "the configuration of {Name} was reloaded; changed: {Keys}", EventName = "HostedConfigurationReloaded")]
        public static partial void Reloaded(ILogger logger, string name, string keys);

        [LoggerMessage(8512, LogLevel.Error, "the configuration of {Name} was not reloaded, and nothing has changed; {Count} errors follow", EventName = "HostedConfigurationRefused")]
        public static partial void Refused(ILogger logger, string name, int count);

        [LoggerMessage(8513, LogLevel.Error, "{Problem}", EventName = "HostedConfigurationProblem")]
        public static partial void Problem(ILogger logger, string problem);

        [LoggerMessage(8514, LogLevel.Error, "the configuration of {Name} could not be reloaded; nothing has changed", EventName = "HostedReloadFailed")]
        public static partial void Failed(ILogger logger, Exception error, string name);
    }
}
