using System.Net;

namespace Linkerd.Tcp.Sessions;

/// <summary>
/// Limits the number of operations that each client address begins in a second, on average, with a burst of as many. An address has a token bucket as long as it is not full. Members may be called
/// from any thread; one lock is held for two look-ups.
/// </summary>
/// <remarks>
/// <para>A bucket is one number, the time at which it will be full (the virtual scheduling of the generic cell rate algorithm, ITU-T I.371): one that is full says no more than none. Any bucket is
/// full again after <see cref="FillTime"/>, so the buckets are in two generations of at least that time each, and a generation that is over is dropped whole: no timer and no sweep.</para>
/// <para>At most <see cref="MaxAddresses"/> addresses have a bucket, at most 10 MB. Beyond them further addresses are not limited until the next generation: a sender that has so many is not held back
/// by a limit of each, and to refuse all others would do its work.</para>
/// </remarks>
internal sealed class ClientRates
{
    /// <summary>The largest number of addresses that are limited at once.</summary>
    public const int MaxAddresses = 100_000;

    private readonly Lock _lock = new();
    private readonly TimeProvider _timeProvider;
    private Dictionary<UInt128, long> _current = [];
    private Dictionary<UInt128, long> _previous = [];
    private long _generationBegan;
    private double _interval;
    private double _burst;

    /// <param name="rate">The operations in a second; more than 0.</param>
    /// <param name="timeProvider">The clock.</param>
    public ClientRates(double rate, TimeProvider timeProvider)
    {
        _timeProvider = timeProvider;
        _generationBegan = timeProvider.GetTimestamp();
        SetRate(rate);
    }

    /// <summary>Gets the number of addresses that have a bucket.</summary>
    public int Addresses
    {
        get
        {
            lock (_lock)
            {
                return _current.Count + _previous.Count;
            }
        }
    }

    // In units of the clock's timestamps.
    private long FillTime => (long)Math.Min(_interval * _burst, long.MaxValue / 4);

    /// <summary>Changes the rate. The buckets stay: each is full at the same time as before, or earlier if the new rate fills it sooner.</summary>
    public void SetRate(double rate)
    {
        lock (_lock)
        {
            _interval = Math.Min(_timeProvider.TimestampFrequency / rate, long.MaxValue / 4);
            _burst = Math.Max(1, Math.Ceiling(rate));
        }
    }

    /// <summary>Takes a token of a client.</summary>
    /// <param name="client">The client; one that has no IP address is not limited.</param>
    /// <returns>False if the client has none left.</returns>
    public bool TryTake(EndPoint? client)
    {
        if (client is not IPEndPoint { Address: var ip })
        {
            return true;
        }

        var key = ClientKey.Of(ip);
        lock (_lock)
        {
            var now = _timeProvider.GetTimestamp();
            BeginGeneration(now);
            var isKnown = _current.TryGetValue(key, out var fullAt);
            var isOld = !isKnown && _previous.Remove(key, out fullAt);
            var missing = Math.Clamp(fullAt - now, 0, FillTime);
            var isTaken = missing <= (_burst - 1) * _interval;
            fullAt = isTaken ? now + missing + (long)_interval : fullAt;
            if (isKnown || isOld || _current.Count + _previous.Count < MaxAddresses)
            {
                _current[key] = fullAt;
            }

            return isTaken;
        }
    }

    // What was not touched in a whole generation is full.
    private void BeginGeneration(long now)
    {
        var age = now - _generationBegan;
        if (age > FillTime)
        {
            _previous = age > 2 * FillTime ? [] : _current;
            _current = [];
            _generationBegan = now;
        }
    }
}
