using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Namerd.Shared;

/// <summary>The times before further requests to namerd, all jittered so that many clients do not send them at once.</summary>
internal static class RetryDelays
{
    /// <summary>The share by which intervals vary.</summary>
    public const double Jitter = 0.1;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Prompt = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan MaxServerBackoff = TimeSpan.FromSeconds(10);

    // However short the interval: a name sends two requests, each of them after half to all of this, and a namerd in trouble must not get more than one in a second.
    private static readonly TimeSpan MinCeiling = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan MinServerCeiling = TimeSpan.FromSeconds(2);

    /// <summary>The longest back-off of a name, unless the interval is shorter.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromSeconds(60);

    /// <summary>The time by which a watch may lag behind a poll before it counts as stale: namerd's documents of the same moment come on two connections.</summary>
    public static readonly TimeSpan Lag = TimeSpan.FromSeconds(1);

    /// <summary>Creates the back-off after failures of one name: from 1 s, doubling, to 60 s, or to the interval if that is shorter (but no less than 4 s).</summary>
    public static Backoff Backoff(Random? random, TimeSpan? interval) => new(First, Ceiling(MinCeiling, Max, interval), random);

    /// <summary>
    /// The back-off after failures of a namerd: from 1 s, doubling, to 10 s, or to the interval if that is shorter (but no less than 2 s). No longer, as one request determines
    /// for all names whether it is back, and every name waits for that.
    /// </summary>
    public static Backoff ServerBackoff(Random? random, TimeSpan? interval) => new(First, Ceiling(MinServerCeiling, MaxServerBackoff, interval), random);

    /// <summary>Returns the delay between polls.</summary>
    public static TimeSpan PollDelay(NamerdOptions options) => Infrastructure.Backoff.Jitter(options.Interval, Jitter, options.Random);

    /// <summary>Returns the delay until a watch is renewed, or is tried again if none could be opened.</summary>
    public static TimeSpan RenewalDelay(NamerdOptions options) => Infrastructure.Backoff.Jitter(options.MaxStreamAge, Jitter, options.Random);

    /// <summary>
    /// The delay after a watch that lived long was lost, or when namerd is back: nothing is wrong, but all clients of a restarted namerd are in this state, and all names
    /// of this one.
    /// </summary>
    /// <param name="random">The source of jitter.</param>
    /// <param name="sessions">The number of sessions: they send at most a thousand requests a second.</param>
    public static TimeSpan PromptDelay(Random? random, int sessions = 1) =>
        Draw(sessions > Prompt.TotalMilliseconds ? TimeSpan.FromMilliseconds(sessions) : Prompt, random);

    /// <summary>Before another namerd is asked in place of one that failed.</summary>
    public static TimeSpan AnotherDelay(NamerdOptions options) => Draw(AtOnce, options.Random);

    private static TimeSpan Draw(TimeSpan most, Random? random) => Infrastructure.Backoff.Jitter(most / 2, 1, random);

    private static TimeSpan Ceiling(TimeSpan least, TimeSpan most, TimeSpan? interval) => interval < least ? least : interval < most ? interval.Value : most;
}
