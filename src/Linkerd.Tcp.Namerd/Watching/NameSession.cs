using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Documents;
using Linkerd.Tcp.Namerd.Http;
using Linkerd.Tcp.Namerd.Servers;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Watching;

/// <summary>
/// Watches one name as long as it has a consumer: decides on the next request, its server, and its time. A watch is tried first; the name is polled if the
/// options require it, and if a watch is not available:
/// <list type="bullet">
/// <item>the answer to a watch is one whole document with a length: the server, or an intermediary, does not stream;</item>
/// <item>two watches in a row ended orderly, soon after good documents: the same, through something that hides the length;</item>
/// <item>a watch got no headers in time, although namerd sends them at once, and a poll then works: something waits for the stream to end.</item>
/// </list>
/// A watch is tried again when one would have been renewed.
/// </summary>
internal sealed class NameSession<TState>(NameSetup<TState> setup)
    where TState : class
{
    private readonly NamerdOptions _options = setup.Options;
    private readonly NamerdWatch<TState> _watch = new(setup);
    private readonly ServerChoice<TState> _choice = new(setup);
    private readonly Backoff _backoff = RetryDelays.Backoff(setup.Options.Random, setup.Options.Interval);
    private bool _tryPoll;
    private bool _polls;
    private long _pollsSince;
    private TimeSpan _pollsFor;
    private int _shortWatches;
    private int _orderlyEnds;

    /// <exception cref="OperationCanceledException">The token was cancelled, which is the only end.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan delay;
            using (var attempt = await _choice.NextAsync(cancellationToken).ConfigureAwait(false))
            {
                try
                {
                    delay = await (PollNext() ? PollAsync(attempt, cancellationToken) : WatchAsync(attempt, cancellationToken)).ConfigureAwait(false);
                }
                catch (NamerdException exception)
                {
                    delay = Failed(attempt.Server, exception);
                }
                catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
                {
                    // Any other exception of the HTTP stack: a resolver goes on trying.
                    delay = Failed(attempt.Server, NamerdFailure.Of(exception, attempt.Server, _options.Tls.Certificate is not null, isConnecting: false));
                }
            }

            if (delay > TimeSpan.Zero)
            {
                await Task.Delay(delay, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private bool PollNext()
    {
        _polls &= _options.TimeProvider.GetElapsedTime(_pollsSince) < _pollsFor;
        return _options.Mode == NamerdMode.Poll || _polls || _tryPoll;
    }

    private async Task<TimeSpan> PollAsync(ServerAttempt attempt, CancellationToken cancellationToken)
    {
        var document = await setup.Poll.AskAsync(attempt, cancellationToken).ConfigureAwait(false);
        setup.Report.Document(document, attempt.Server);
        return Polled(document.IsAnswer, attempt.Server);
    }

    private async Task<TimeSpan> WatchAsync(ServerAttempt attempt, CancellationToken cancellationToken)
    {
        var outcome = await _watch.RunAsync(attempt, cancellationToken).ConfigureAwait(false);
        if (!outcome.Streamed)
        {
            return Polled(outcome.Answered, outcome.Server);
        }

        return outcome is { Answered: true, End.Kind: not StreamEndKind.Error } ? WatchEnded(outcome) : WatchFailed(outcome);
    }

    private TimeSpan Polled(bool answered, NamerdServer server)
    {
        _shortWatches = _orderlyEnds = 0;
        _tryPoll = false;
        if (!answered)
        {
            _choice.Avoid(server);
            return _backoff.Next();
        }

        _choice.Good();
        _backoff.Reset();
        if (_options.Mode != NamerdMode.Poll && !_polls)
        {
            StartPolling(server);
        }

        return RetryDelays.PollDelay(_options);
    }

    private void StartPolling(NamerdServer server)
    {
        setup.Report.NotStreamed(server, _options.Interval);
        _polls = true;
        _pollsSince = _options.TimeProvider.GetTimestamp();
        _pollsFor = RetryDelays.RenewalDelay(_options);
    }

    private TimeSpan WatchEnded(WatchOutcome outcome)
    {
        var end = outcome.End!;
        _choice.Good();
        if (outcome.Lived >= _options.RequestTimeout)
        {
            _shortWatches = _orderlyEnds = 0;
            _backoff.Reset();
            _choice.AvoidLost(outcome);
            var prompt = RetryDelays.PromptDelay(_options.Random, setup.Servers.Sessions);
            setup.Report.Ended(end.Message, outcome.Lived, prompt);
            return prompt;
        }

        // Another one is tried at once, but not for a pair of them that both hang up, again and again.
        _shortWatches++;
        if (_shortWatches == 1 && _choice.AvoidLost(outcome) && _choice.HasOther)
        {
            var another = RetryDelays.AnotherDelay(_options);
            setup.Report.Ended(end.Message, outcome.Lived, another);
            return another;
        }

        _orderlyEnds = end.Kind == StreamEndKind.Clean ? _orderlyEnds + 1 : 0;
        if (_orderlyEnds == 2)
        {
            return Polled(answered: true, outcome.Server);
        }

        var delay = ShortWatchDelay();
        if (end.Kind == StreamEndKind.Clean)
        {
            setup.Report.Ended(end.Message, outcome.Lived, delay);
        }
        else
        {
            setup.Report.Failure(end.Message, delay);
        }

        return delay;
    }

    private TimeSpan WatchFailed(WatchOutcome outcome)
    {
        _choice.Avoid(outcome.Server);
        _orderlyEnds = 0;
        _shortWatches = !outcome.Answered ? _shortWatches : outcome.Lived >= _options.RequestTimeout ? 0 : _shortWatches + 1;
        var delay = outcome.Answered ? ShortWatchDelay() : _backoff.Next();
        if (outcome is { Told: true, End.Kind: StreamEndKind.Clean })
        {
            // It was no answer, and is reported as a failure already.
            setup.Report.Ended(outcome.End.Message, outcome.Lived, delay);
        }
        else
        {
            setup.Report.Failure(outcome.End!.Message, delay);
        }

        return delay;
    }

    // A good document resets the back-off, but not for a namerd that sends one and hangs up, again and again.
    private TimeSpan ShortWatchDelay()
    {
        if (_shortWatches <= 1)
        {
            _backoff.Reset();
        }

        return _backoff.Next();
    }

    private TimeSpan Failed(NamerdServer server, NamerdException exception)
    {
        var isPoll = _options.Mode == NamerdMode.Poll || _polls;
        var isPending = exception.Why == NamerdException.Reason.Silence && isPoll;
        if (!isPending && _choice.TryAnother(server, exception, out var delay))
        {
            return delay;
        }

        if (isPending)
        {
            _choice.Avoid(server);
            delay = _backoff.Next();
            setup.Report.Pending(exception.Message, delay);
            return delay;
        }

        // One poll after a watch without headers; then a watch again.
        _tryPoll = exception.Why == NamerdException.Reason.Silence && !_tryPoll;
        return _choice.EndRound(exception, _backoff);
    }
}
