namespace Linkerd.Tcp.Proxying;

/// <summary>
/// Lets a number of operations a second pass, and a burst after a pause. Starts full. Any thread; the lock is held for some arithmetic.
/// </summary>
internal sealed class TokenBucket
{
    // The error by which rounding may reduce a token that time has filled in many small steps.
    private const double Tolerance = 1e-6;

    private readonly TimeProvider _timeProvider;
    private readonly Lock _lock = new();
    private double _rate;
    private double _capacity;
    private double _tokens;
    private long _filledAt;

    /// <param name="rate">Tokens that are added over time, a second; 0 if only <see cref="Add"/> adds some.</param>
    /// <param name="capacity">The largest number of tokens that it holds; more than 0.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range, or not finite.</exception>
    public TokenBucket(double rate, double capacity, TimeProvider timeProvider)
    {
        _timeProvider = timeProvider;
        _filledAt = timeProvider.GetTimestamp();
        SetRate(rate, capacity);
        _tokens = capacity;
    }

    /// <summary>Changes the rate and the capacity. Its tokens stay, up to the new capacity.</summary>
    /// <inheritdoc cref="TokenBucket(double, double, TimeProvider)"/>
    public void SetRate(double rate, double capacity)
    {
        if (!double.IsFinite(rate) || rate < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(rate), rate, "A finite number of tokens a second, 0 or more, was expected.");
        }

        if (!double.IsFinite(capacity) || capacity <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(capacity), capacity, "A finite number of tokens, more than 0, was expected.");
        }

        lock (_lock)
        {
            Fill();
            (_rate, _capacity) = (rate, capacity);
            _tokens = Math.Min(_tokens, capacity);
        }
    }

    /// <summary>The number of tokens that it holds now.</summary>
    public double Left
    {
        get
        {
            lock (_lock)
            {
                Fill();
                return _tokens;
            }
        }
    }

    /// <summary>Takes tokens: all of the amount, or none and returns false.</summary>
    public bool TryTake(double amount = 1)
    {
        lock (_lock)
        {
            Fill();
            if (_tokens + Tolerance < amount)
            {
                return false;
            }

            _tokens = Math.Max(0, _tokens - amount);
            return true;
        }
    }

    /// <summary>Adds tokens; those above the capacity are lost.</summary>
    public void Add(double amount)
    {
        lock (_lock)
        {
            Fill();
            _tokens = Math.Min(_capacity, _tokens + amount);
        }
    }

    private void Fill()
    {
        // Not as a TimeSpan: its ticks are coarser than the clock's, and under an attack the difference adds up.
        var now = _timeProvider.GetTimestamp();
        _tokens = Math.Min(_capacity, _tokens + ((double)(now - _filledAt) / _timeProvider.TimestampFrequency * _rate));
        _filledAt = now;
    }
}
