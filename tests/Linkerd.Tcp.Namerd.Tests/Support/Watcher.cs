using System.Threading.Channels;

namespace Linkerd.Tcp.Namerd;

/// <summary>A resolver with a clock and a log of its own, and one consumer of one name.</summary>
internal sealed class Watcher : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Channel<Resolution> _seen = Channel.CreateUnbounded<Resolution>();
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly NamerdResolver _resolver;
    private readonly Task _consuming;

    public Watcher(Uri baseAddress, string name = "/svc/web", Func<NamerdOptions, NamerdOptions>? change = null, Func<Stream, Stream>? wrap = null)
    {
        var options = new NamerdOptions { BaseAddresses = [baseAddress], TimeProvider = Time, Random = RandomSource.Seeded(1), LoggerFactory = Log };
        _resolver = new NamerdResolver(change is null ? options : change(options), wrap);
        _consuming = ConsumeAsync(DstPath.Parse(name));
    }

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

    /// <summary>Lets the time pass in which an answer has to come.</summary>
    public Task<TimeSpan> PassTimeoutAsync() => Time.PassTimerAsync(10, 10);

    /// <summary>Lets a poll's interval pass.</summary>
    public Task<TimeSpan> PassIntervalAsync() => Time.PassTimerAsync(54, 66);

    /// <summary>Lets the time pass after which a watch is renewed.</summary>
    public Task<TimeSpan> PassRenewalAsync() => Time.PassTimerAsync(540, 660);

    public static Resolution.Bound Bound(params int[] ports) =>
        new(EndpointSet.Of(ports.Select(port => new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, port))));

    public static NamerdOptions Polling(NamerdOptions options) => options with { Mode = NamerdMode.Poll };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _consuming.WaitAsync(Patience);
        await _resolver.DisposeAsync();
        _stop.Dispose();
        Log.Dispose();
    }

    private async Task ConsumeAsync(DstPath name)
    {
        try
        {
            await foreach (var resolution in _resolver.ResolveAsync(name, _stop.Token))
            {
                _seen.Writer.TryWrite(resolution);
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
