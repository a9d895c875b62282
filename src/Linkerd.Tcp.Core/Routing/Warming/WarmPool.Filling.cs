namespace Linkerd.Tcp;

/// <content>Making connections, and letting go of those that are old or no good.</content>
internal sealed partial class WarmPool
{
    // What a pool makes at once; the rest follows as these are done.
    private const int MostConnecting = 16;

    private void OnChanged() => Fill();

    /// <summary>Closes what is too old or no good, and fills up.</summary>
    private void LookAfter()
    {
        var now = _timeProvider.GetTimestamp();
        List<WarmConnection>? bad = null;
        lock (_lock)
        {
            for (var i = _idle.Count - 1; i >= 0; i--)
            {
                if (_timeProvider.GetElapsedTime(_idle[i].Since, now) >= _options.MaxIdle || !_idle[i].IsGood)
                {
                    (bad ??= []).Add(_idle[i]);
                    _idle.RemoveAt(i);
                }
            }
        }

        bad?.ForEach(static connection => _ = CloseAsync(connection));
        Fill();
    }

    private void Fill()
    {
        while (true)
        {
            TransportConnection? near;
            lock (_lock)
            {
                if (_isStopped || _connecting >= MostConnecting || _idle.Count + _connecting >= _options.Connections
                    || _timeProvider.GetTimestamp() < _pausedUntil)
                {
                    return;
                }

                _connecting++;
                near = _near;
            }

            _ = AddAsync(near);
        }
    }

    private async Task AddAsync(TransportConnection? near)
    {
        var outcome = default(ConnectOutcome);
        try
        {
            outcome = await _connector.ConnectAheadAsync(_destination, near, _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // A balancer or a transport of somebody else's; the next session that picks will tell.
            outcome.Lease.Complete();
        }

        if (!Keep(ref outcome) && outcome.Connection is { } unwanted)
        {
            await CloseAsync(new WarmConnection(unwanted, outcome.Lease, 0)).ConfigureAwait(false);
        }
        else if (outcome.IsConnected)
        {
            Fill();
        }
    }

    private bool Keep(ref ConnectOutcome outcome)
    {
        lock (_lock)
        {
            _connecting--;
            if (!outcome.IsConnected)
            {
                _pausedUntil = _timeProvider.GetTimestamp() + (long)(_backoff.Next().TotalSeconds * _timeProvider.TimestampFrequency);
                return false;
            }

            _backoff.Reset();
            if (_isStopped)
            {
                return false;
            }

            _idle.Add(new WarmConnection(outcome.Connection, outcome.Lease, _timeProvider.GetTimestamp()));
            return true;
        }
    }
}
