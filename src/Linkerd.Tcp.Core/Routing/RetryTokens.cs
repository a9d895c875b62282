using System.Diagnostics.CodeAnalysis;
using Linkerd.Tcp.Proxying;

namespace Linkerd.Tcp.Routing;

/// <summary>The state of one destination's <see cref="RetryBudgetOptions"/>. Any thread.</summary>
internal sealed class RetryTokens
{
    private static readonly TimeSpan Horizon = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _timeProvider;
    private RetryBudgetOptions _options;
    private TokenBucket? _bucket;

    public RetryTokens(RetryBudgetOptions options, TimeProvider timeProvider)
    {
        _timeProvider = timeProvider;
        Configure(options);
    }

    /// <summary>Takes other options. Saved retries stay, up to the new limit.</summary>
    [MemberNotNull(nameof(_options))]
    public void Configure(RetryBudgetOptions options)
    {
        // A budget of sessions alone holds ten of them; one of nothing needs no bucket.
        var capacity = Math.Max(options.PerSecond * Horizon.TotalSeconds, options.PerSession * 10);
        _options = options;
        if (capacity > 0 && _bucket is { } bucket)
        {
            bucket.SetRate(options.PerSecond, capacity);
        }
        else
        {
            _bucket = capacity > 0 ? new TokenBucket(options.PerSecond, capacity, _timeProvider) : null;
        }
    }

    /// <summary>Called when a session has begun.</summary>
    public void OnSession()
    {
        if (_options.PerSession > 0)
        {
            _bucket?.Add(_options.PerSession);
        }
    }

    /// <summary>The number of retries that may be made now.</summary>
    public double Left => _bucket?.Left ?? 0;

    /// <summary>Pays for a retry; false if none may be made.</summary>
    public bool TryRetry() => _bucket?.TryTake() ?? false;
}
