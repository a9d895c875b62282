namespace Linkerd.Tcp.Namerd;

/// <summary>
/// Watches one name for as long as someone wants to know: decides what to ask next, and when. A watch is asked for first; the name is polled where the
/// options say so, and where a watch cannot be had:
/// <list type="bullet">
/// <item>the answer to a watch is one whole document with a length: whatever stands there does not stream;</item>
/// <item>two watches in a row ended orderly, soon after good documents: the same, through something that hides the length;</item>
/// <item>a watch got no headers in time, although namerd sends them at once, and a poll then works: something waits for the stream to end.</item>
/// </list>
/// A watch is tried again when one would have been renewed.
/// </summary>
internal sealed class NameSession(NamerdClient client, NamerdOptions options, NameReport report)
{
    private readonly NamerdWatch _watch = new(client, options, report);
    private readonly NamerdPoll _poll = new(client, options);
    private readonly Backoff _backoff = Retrying.Backoff(options);
    private bool _tryPoll;
    private bool _polls;
    private long _pollsSince;
    private TimeSpan _pollsFor;
    private int _shortWatches;
    private int _orderlyEnds;

    /// <exception cref="OperationCanceledException">The token was cancelled: the only end.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan delay;
            try
            {
                delay = await (PollNext() ? PollAsync(cancellationToken) : WatchAsync(cancellationToken)).ConfigureAwait(false);
            }
            catch (NamerdException exception)
            {
                delay = Failed(exception);
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // Whatever the HTTP stack may throw besides: a resolver goes on trying.
                delay = Failed(new NamerdException(NamerdFailure.Describe(client.BaseAddress, exception)));
            }

            await Task.Delay(delay, options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private bool PollNext()
    {
        _polls &= options.TimeProvider.GetElapsedTime(_pollsSince) < _pollsFor;
        return options.Mode == NamerdMode.Poll || _polls || _tryPoll;
    }

    private async Task<TimeSpan> PollAsync(CancellationToken cancellationToken)
    {
        var document = await _poll.AskAsync(cancellationToken).ConfigureAwait(false);
        report.Document(document);
        return Polled(document.IsAnswer);
    }

    private async Task<TimeSpan> WatchAsync(CancellationToken cancellationToken)
    {
        var outcome = await _watch.RunAsync(cancellationToken).ConfigureAwait(false);
        if (!outcome.Streamed)
        {
            return Polled(outcome.Answered);
        }

        return outcome is { Answered: true, End.Kind: not StreamEndKind.Error } ? WatchEnded(outcome) : WatchFailed(outcome);
    }

    private TimeSpan Polled(bool answered)
    {
        _shortWatches = _orderlyEnds = 0;
        _tryPoll = false;
        if (!answered)
        {
            return _backoff.Next();
        }

        _backoff.Reset();
        if (options.Mode != NamerdMode.Poll && !_polls)
        {
            StartPolling();
        }

        return Retrying.PollDelay(options);
    }

    private void StartPolling()
    {
        report.NotStreamed(options.Interval);
        _polls = true;
        _pollsSince = options.TimeProvider.GetTimestamp();
        _pollsFor = Retrying.RenewalDelay(options);
    }

    private TimeSpan WatchEnded(WatchOutcome outcome)
    {
        var end = outcome.End!;
        if (outcome.Lived >= options.RequestTimeout)
        {
            _shortWatches = _orderlyEnds = 0;
            _backoff.Reset();
            var prompt = Retrying.PromptDelay(options);
            report.Ended(end.Message, outcome.Lived, prompt);
            return prompt;
        }

        _shortWatches++;
        _orderlyEnds = end.Kind == StreamEndKind.Clean ? _orderlyEnds + 1 : 0;
        if (_orderlyEnds == 2)
        {
            return Polled(answered: true);
        }

        var delay = ShortWatchDelay();
        if (end.Kind == StreamEndKind.Clean)
        {
            report.Ended(end.Message, outcome.Lived, delay);
        }
        else
        {
            report.Failure(end.Message, delay);
        }

        return delay;
    }

    private TimeSpan WatchFailed(WatchOutcome outcome)
    {
        _orderlyEnds = 0;
        _shortWatches = !outcome.Answered ? _shortWatches : outcome.Lived >= options.RequestTimeout ? 0 : _shortWatches + 1;
        var delay = outcome.Answered ? ShortWatchDelay() : _backoff.Next();
        if (outcome is { Told: true, End.Kind: StreamEndKind.Clean })
        {
            // What was said was no answer, and reported as a failure already.
            report.Ended(outcome.End.Message, outcome.Lived, delay);
        }
        else
        {
            report.Failure(outcome.End!.Message, delay);
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

    private TimeSpan Failed(NamerdException exception)
    {
        var delay = _backoff.Next();
        var isSilent = exception.Why == NamerdException.Reason.Silence;
        if (isSilent && (options.Mode == NamerdMode.Poll || _polls))
        {
            report.Pending(exception.Message, delay);
        }
        else
        {
            // One poll after a watch without headers; then a watch again.
            _tryPoll = isSilent && !_tryPoll;
            report.Failure(exception.Message, delay);
        }

        return delay;
    }
}
