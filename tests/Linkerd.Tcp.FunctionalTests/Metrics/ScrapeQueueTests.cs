using Linkerd.Tcp.Cli.Metrics;
using Microsoft.Extensions.Time.Testing;

namespace Linkerd.Tcp.FunctionalTests.Metrics;

public sealed class ScrapeQueueTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly SemaphoreSlim _begun = new(0);
    private readonly SemaphoreSlim _permits = new(0);
    private readonly ScrapeQueue _queue;
    private int _inMemory;
    private int _mostInMemory;

    public ScrapeQueueTests() => _queue = new ScrapeQueue(CollectAsync, _time);

    public void Dispose()
    {
        _begun.Dispose();
        _permits.Dispose();
    }

    [Fact]
    public async Task Get_WhileOneIsMade_SharesTheNext()
    {
        var first = _queue.GetAsync("text");
        await BegunAsync();
        var later = Enumerable.Range(0, 1000).Select(_ => _queue.GetAsync("text")).ToArray();
        Assert.All(later, static task => Assert.False(task.IsCompleted));
        _permits.Release();
        var answer = await first.InTimeAsync();
        await BegunAsync();
        _permits.Release();
        var shared = (await Task.WhenAll(later).InTimeAsync()).Distinct().ToList();

        Assert.NotSame(answer, Assert.Single(shared));
        for (var i = 0; i < later.Length; i++)
        {
            Assert.False(shared[0]!.Left.IsCompleted);
            shared[0]!.Leave();
        }

        Assert.True(shared[0]!.Left.IsCompletedSuccessfully);
        Assert.False(answer!.Left.IsCompleted);
    }

    [Fact]
    public async Task Get_BothAreBeingRead_CutsTheOldestAfterItsTime()
    {
        var oldest = await MakeAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        var younger = await MakeAsync();
        using var left = oldest.Cut.Register(oldest.Leave);

        var third = _queue.GetAsync("text");
        await AdvanceUntilAsync(() => oldest.Cut.IsCancellationRequested, ScrapeQueue.ReadingTime - TimeSpan.FromSeconds(1));
        await BegunAsync();
        _permits.Release();

        Assert.NotNull(await third.InTimeAsync());
        Assert.False(younger.Cut.IsCancellationRequested);
        Assert.Equal(ScrapeQueue.MaxAnswers, _mostInMemory);
    }

    [Fact]
    public async Task Get_AnyIsRead_HasRoomAtOnce()
    {
        var oldest = await MakeAsync();
        var younger = await MakeAsync();
        var third = _queue.GetAsync("text");
        younger.Leave();
        await BegunAsync();
        _permits.Release();

        Assert.NotNull(await third.InTimeAsync());
        Assert.False(oldest.Cut.IsCancellationRequested);
    }

    [Fact]
    public async Task Get_OnlyOneIsRead_IsNeverCut()
    {
        var slow = await MakeAsync();
        for (var i = 0; i < 10; i++)
        {
            _time.Advance(ScrapeQueue.ReadingTime);
            (await MakeAsync()).Leave();
        }

        Assert.False(slow.Cut.IsCancellationRequested);
    }

    [Fact]
    public async Task Get_AfterACollectionThatTookLong_LeavesTheProcessorToOthers()
    {
        var first = _queue.GetAsync("text");
        await BegunAsync();
        _time.Advance(TimeSpan.FromMilliseconds(100));
        _permits.Release();
        (await first.InTimeAsync())!.Leave();

        var begin = _time.GetTimestamp();
        _permits.Release();
        var second = _queue.GetAsync("text");
        await AdvanceUntilAsync(() => second.IsCompleted, TimeSpan.FromMilliseconds(400));
        Assert.InRange(_time.GetElapsedTime(begin), TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(500));
    }

    [Fact]
    public async Task Get_TooManyFormatsWait_HasNone()
    {
        var made = _queue.GetAsync("made");
        await BegunAsync();
        var waiting = Enumerable.Range(0, ScrapeQueue.MaxWaiting).Select(i => _queue.GetAsync($"{i}")).ToArray();

        Assert.Null(await _queue.GetAsync("another").InTimeAsync());
        _permits.Release(1 + waiting.Length);
        await Task.WhenAll(waiting.Prepend(made).Select(LeaveAsync));

        Assert.NotNull(await MakeAsync());

        static async Task LeaveAsync(Task<ScrapeAnswer?> task) => (await task.InTimeAsync())!.Leave();
    }

    [Fact]
    public async Task Get_CollectionFails_FailsForItsReadersAlone()
    {
        var queue = new ScrapeQueue(static accept => accept == "text" ? throw new IOException("this one") : Task.FromResult(new ScrapeAnswer(200, null, [])), TimeProvider.System);

        await Assert.ThrowsAsync<IOException>(() => queue.GetAsync("text"));
        Assert.NotNull(await queue.GetAsync("other"));
    }

    [Fact]
    public async Task Get_CutOfAReaderThrows_FailsForThoseWhoWaitedAlone()
    {
        var oldest = await MakeAsync();
        var younger = await MakeAsync();
        using var cut = oldest.Cut.Register(static () => throw new IOException("this one"));
        var third = _queue.GetAsync("text");
        await AdvanceUntilAsync(() => third.IsCompleted, ScrapeQueue.ReadingTime);
        Assert.True(third.IsFaulted);
        oldest.Leave();
        younger.Leave();

        (await MakeAsync()).Leave();
    }

    private async Task<ScrapeAnswer> MakeAsync()
    {
        var task = _queue.GetAsync("text");
        await BegunAsync();
        _permits.Release();
        return (await task.InTimeAsync())!;
    }

    private async Task BegunAsync() => Assert.True(await _begun.WaitAsync(ClientSocket.Patience, TestContext.Current.CancellationToken));

    // The queue may not wait for the clock yet.
    private async Task AdvanceUntilAsync(Func<bool> condition, TimeSpan atLeast)
    {
        var begin = _time.GetTimestamp();
        await Eventually.IsTrueAsync(
            () =>
            {
                if (condition())
                {
                    return true;
                }

                _time.Advance(TimeSpan.FromMilliseconds(50));
                return false;
            },
            static () => "it has not happened");
        Assert.True(_time.GetElapsedTime(begin) >= atLeast);
    }

    private async Task<ScrapeAnswer> CollectAsync(string accept)
    {
        _begun.Release();
        Assert.True(await _permits.WaitAsync(ClientSocket.Patience));
        var answer = new ScrapeAnswer(200, accept, []);
        _mostInMemory = Math.Max(_mostInMemory, Interlocked.Increment(ref _inMemory));
        _ = answer.Left.ContinueWith(_ => Interlocked.Decrement(ref _inMemory), TaskScheduler.Default);
        return answer;
    }
}
