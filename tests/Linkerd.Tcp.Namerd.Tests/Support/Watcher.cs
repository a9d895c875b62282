using System.Threading.Channels;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>A resolver with a clock and a log of its own, and one consumer of one name.</summary>
internal sealed class Watcher : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Channel<Resolution> _seen = Channel.CreateUnbounded<Resolution>();
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly Task _consuming;

    private readonly int _watches;
    private readonly bool _isAboutTrees;

    /// <summary>Asks in the mode whose question a test is about.</summary>
    public Watcher(Uri baseAddress, Asked asked, Func<NamerdOptions, NamerdOptions>? change = null, Func<Stream, Stream>? wrap = null)
        : this([baseAddress], asked == Asked.Resolve ? NamerdMode.Resolve : NamerdMode.Bind, asked == Asked.Resolve ? 1 : 2, "/svc/web", change, wrap, null, asked == Asked.Bind)
    {
    }

    /// <summary>Asks in a mode.</summary>
    public Watcher(
        Uri baseAddress,
        NamerdMode mode = NamerdMode.Resolve,
        string name = "/svc/web",
        Func<NamerdOptions, NamerdOptions>? change = null,
        Func<Stream, Stream>? wrap = null)
        : this([baseAddress], mode, mode == NamerdMode.Resolve ? 1 : 2, name, change, wrap, null)
    {
    }

    /// <summary>Asks several namerds.</summary>
    public Watcher(
        IReadOnlyList<Uri> baseAddresses, NamerdMode mode, Func<NamerdOptions, NamerdOptions>? change = null, IHostLookup? lookup = null)
        : this(baseAddresses, mode, mode == NamerdMode.Resolve ? 1 : 2, "/svc/web", change, null, lookup)
    {
    }

    private Watcher(
        IReadOnlyList<Uri> baseAddresses,
        NamerdMode mode,
        int watches,
        string name,
        Func<NamerdOptions, NamerdOptions>? change,
        Func<Stream, Stream>? wrap,
        IHostLookup? lookup,
        bool isAboutTrees = false)
    {
        _isAboutTrees = isAboutTrees;
        var options = new NamerdOptions { BaseAddresses = baseAddresses, Mode = mode, TimeProvider = Time, Random = RandomSource.Seeded(1), LoggerFactory = Log };
        _watches = watches;
        Resolver = new NamerdResolver(change is null ? options : change(options), wrap, lookup);
        _consuming = ConsumeAsync(DstPath.Parse(name));
    }

    public NamerdResolver Resolver { get; }

    public ManualTime Time { get; } = new();

    public LogCollector Log { get; } = new();

    /// <summary>Waits for the next resolution.</summary>
    public async Task<Resolution> NextAsync() => await _seen.Reader.ReadAsync(_stop.Token).AsTask().WaitAsync(Patience);

    /// <summary>Waits for the next resolution, which is to be a set of these ports of 127.0.0.1.</summary>
    public async Task NextIsAsync(params int[] ports) => Assert.Equal(Bound(ports), await NextAsync());

    /// <summary>Waits for the next resolution, which is to be a failure with these words in it.</summary>
    public async Task<string> NextFailsAsync(string words = "")
    {
        var failed = Assert.IsType<Resolution.Failed>(await NextAsync());
        Assert.Contains(words, failed.Error, StringComparison.Ordinal);
        return failed.Error;
    }

    /// <summary>Waits for a resolution, and lets others pass before it.</summary>
    public async Task UntilAsync(Resolution expected)
    {
        while (await NextAsync() is var seen && !seen.Equals(expected))
        {
            // On the way there: a branch that is not known yet, or a tree that is about to change.
            Assert.IsNotType<Resolution.Negative>(seen);
        }
    }

    /// <summary>What has been seen already without being asked for.</summary>
    public IReadOnlyList<Resolution> Rest()
    {
        var rest = new List<Resolution>();
        while (_seen.Reader.TryRead(out var next))
        {
            rest.Add(next);
        }

        return rest;
    }

    /// <summary>Lets the delay after a failure pass; returns it.</summary>
    public Task<TimeSpan> PassBackoffAsync() => Time.PassTimerAsync(0.5, 9.9);

    /// <summary>Lets one delay after a failure pass after the other until something has happened.</summary>
    public async Task PassBackoffsUntilAsync(Task happened, double fromSeconds = 0.01, double toSeconds = 9.9)
    {
        while (!happened.IsCompleted && await Task.WhenAny(happened, Time.WaitForTimerAsync(fromSeconds, toSeconds)) != happened)
        {
            Time.PassTimer(fromSeconds, toSeconds);
        }
    }

    /// <summary>Lets one delay after a failure pass after the other until something is seen.</summary>
    public async Task PassBackoffsUntilAsync(Predicate<Resolution> isIt, double fromSeconds = 0.01, double toSeconds = 9.9)
    {
        while (true)
        {
            var next = NextAsync();
            await PassBackoffsUntilAsync(next, fromSeconds, toSeconds);
            if (isIt(await next))
            {
                return;
            }
        }
    }

    /// <summary>Lets the time pass in which an answer has to come.</summary>
    public Task<TimeSpan> PassTimeoutAsync() => Time.PassTimerAsync(10, 10);

    /// <summary>Lets the interval pass, of polls and of the polls that back up a watch.</summary>
    public Task PassIntervalAsync() => Time.PassTimersAsync(54, 66, _watches);

    /// <summary>Waits until everything that is asked at intervals waits for the next one.</summary>
    public Task WaitForIntervalsAsync() => Time.WaitForTimersAsync(54, 66, _watches);

    /// <summary>Lets the time pass after which every watch of the name is renewed.</summary>
    public async Task<TimeSpan> PassRenewalAsync()
    {
        var latest = await WaitForRenewalsAsync();
        Time.Advance(latest);
        return latest;
    }

    /// <summary>Waits until every watch of the name waits to be renewed; returns the longest wait.</summary>
    public Task<TimeSpan> WaitForRenewalsAsync() => Time.WaitForTimersAsync(540, 660, _watches);

    public static Resolution.Bound Bound(params int[] ports) =>
        new(EndpointSet.Create(ports.Select(port => new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, port))));

    public static NamerdOptions Polling(NamerdOptions options) => options.With(own => own.Mode = NamerdMode.Poll);

    /// <summary>Without the polls that back up a watch.</summary>
    public static NamerdOptions Unchecked(NamerdOptions options) => options.With(own => own.Interval = TimeSpan.FromDays(20));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _consuming.WaitAsync(Patience);
        await Resolver.DisposeAsync();
        _stop.Dispose();
        Log.Dispose();
    }

    private async Task ConsumeAsync(DstPath name)
    {
        try
        {
            var isFirst = true;
            await foreach (var resolution in Resolver.WatchAsync(name, _stop.Token))
            {
                // That nothing is known yet is said at the beginning, and between two trees until the new one's addresses have come; no test is about that.
                if (resolution is not Resolution.Pending || (!isFirst && !_isAboutTrees))
                {
                    _seen.Writer.TryWrite(resolution);
                }

                isFirst = false;
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            _seen.Writer.TryComplete();
        }
        catch (Exception exception)
        {
            // Never right: the test that waits sees it.
            _seen.Writer.TryComplete(exception);
            throw;
        }
    }
}
