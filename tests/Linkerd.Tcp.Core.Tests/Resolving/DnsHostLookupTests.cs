using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.TestUtilities.Resolving;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp.Tests.Resolving;

public sealed class DnsHostLookupTests : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(5);

    private readonly FakeTimeProvider _time = new();
    private readonly BlockingResolver _system = new();
    private readonly DnsHostLookup _lookup;

    public DnsHostLookupTests()
    {
        _lookup = new DnsHostLookup(_system.Resolve, Longest, Idle, _time);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _system.Dispose();

    [Fact]
    public async Task GetAddressesAsync_Localhost_IsLoopback()
    {
        var addresses = await DnsHostLookup.Instance.GetAddressesAsync("localhost", cancellationToken: Cancelled);

        Assert.NotEmpty(addresses);
        Assert.All(addresses, address => Assert.True(IPAddress.IsLoopback(address)));
    }

    [Fact]
    public async Task GetAddressesAsync_Blocks_DoesSoOnABackgroundThreadOutsideThePool()
    {
        var answer = Ask("web");
        var thread = await _system.StartedAsync("web");

        Assert.False(answer.IsCompleted);
        Assert.False(thread.IsThreadPoolThread);
        Assert.True(thread.IsBackground);
        _system.Answer("web", "10.0.0.1");
        Assert.Equal([IPAddress.Parse("10.0.0.1")], await answer.WaitAsync(ResolverWatch.Patience, Cancelled));
    }

    [Fact]
    public async Task GetAddressesAsync_Fails_ThrowsWhatTheSystemThrew()
    {
        var answer = Ask("web");
        await _system.StartedAsync("web");
        _system.Fail("web", SocketError.HostNotFound);

        var error = await Assert.ThrowsAsync<SocketException>(() => answer.WaitAsync(ResolverWatch.Patience, Cancelled));
        Assert.Equal(SocketError.HostNotFound, error.SocketErrorCode);
    }

    [Fact]
    public async Task GetAddressesAsync_SameHostTwice_IsOneCall()
    {
        var one = Ask("web");
        var other = Ask("WEB", isRefresh: true);
        await _system.StartedAsync("web");
        _system.Answer("web", "10.0.0.1");

        Assert.Equal(await one.WaitAsync(ResolverWatch.Patience, Cancelled), await other.WaitAsync(ResolverWatch.Patience, Cancelled));
        Assert.Equal(["web"], _system.Asked);

        var later = Ask("web");
        await _system.StartedAsync("web");
        _system.Answer("web", "10.0.0.2");
        Assert.Equal([IPAddress.Parse("10.0.0.2")], await later.WaitAsync(ResolverWatch.Patience, Cancelled));
    }

    [Fact]
    public async Task GetAddressesAsync_CallerCancels_LeavesAtOnceAndTheOtherStays()
    {
        using var cancel = new CancellationTokenSource();
        var leaves = _lookup.GetAddressesAsync("web", cancellationToken: cancel.Token);
        var stays = Ask("web");
        await _system.StartedAsync("web");

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaves.WaitAsync(ResolverWatch.Patience, Cancelled));
        Assert.False(stays.IsCompleted);
        _system.Answer("web", "10.0.0.1");
        Assert.Single(await stays.WaitAsync(ResolverWatch.Patience, Cancelled));
    }

    [Fact]
    public async Task GetAddressesAsync_NoAnswer_FailsAfterTheBoundAndIsNotAskedBesideItself()
    {
        var answer = Ask("web");
        await _system.StartedAsync("web");
        _time.Advance(Longest);

        var error = await Assert.ThrowsAsync<TimeoutException>(() => answer.WaitAsync(ResolverWatch.Patience, Cancelled));
        Assert.Equal("no answer from the operating system within 30 s", error.Message);

        // Whoever asks again waits for the call that still runs.
        var again = Ask("web", isRefresh: true);
        _system.Answer("web", "10.0.0.1");
        Assert.Single(await again.WaitAsync(ResolverWatch.Patience, Cancelled));
        Assert.Equal(["web"], _system.Asked);
    }

    [Fact]
    public async Task GetAddressesAsync_EveryThreadIsStuck_OthersFailInTimeAndTheQueueGoesOnLater()
    {
        var stuck = Enumerable.Range(0, LookupThreads.MaxThreads).Select(i => $"silent{i}").ToList();
        var silent = stuck.Select(host => Ask(host)).ToList();
        foreach (var host in stuck)
        {
            await _system.StartedAsync(host);
        }

        var abandoned = Ask("abandoned");
        _time.Advance(Longest);
        await Assert.ThrowsAsync<TimeoutException>(() => abandoned.WaitAsync(ResolverWatch.Patience, Cancelled));
        foreach (var answer in silent)
        {
            await Assert.ThrowsAsync<TimeoutException>(() => answer.WaitAsync(ResolverWatch.Patience, Cancelled));
        }

        // Nobody waits for the abandoned one: the thread that comes back does not ask for it.
        var refresh = Ask("refresh", isRefresh: true);
        var first = Ask("first");
        _system.Answer(stuck[0], "10.0.0.1");
        await _system.StartedAsync("first");
        _system.Answer("first", "10.0.0.2");
        Assert.Single(await first.WaitAsync(ResolverWatch.Patience, Cancelled));
        await _system.StartedAsync("refresh");
        _system.Answer("refresh", "10.0.0.3");
        Assert.Single(await refresh.WaitAsync(ResolverWatch.Patience, Cancelled));
        Assert.Equal([.. stuck.Order(), "first", "refresh"], [.. _system.Asked.Take(stuck.Count).Order(), .. _system.Asked.Skip(stuck.Count)]);
    }

    [Fact]
    public async Task GetAddressesAsync_RefreshesAreStuck_FirstLookupsHaveThreadsLeft()
    {
        for (var i = 0; i < LookupThreads.MaxThreads; i++)
        {
            _ = Ask($"known{i}", isRefresh: true);
        }

        for (var i = 0; i < LookupThreads.MaxRefreshThreads; i++)
        {
            await _system.StartedAsync($"known{i}");
        }

        var first = Ask("first");
        await _system.StartedAsync("first");
        _system.Answer("first", "10.0.0.1");
        Assert.Single(await first.WaitAsync(ResolverWatch.Patience, Cancelled));
        Assert.Equal(LookupThreads.MaxRefreshThreads + 1, _system.Asked.Count);

        // One of those that queue is wanted by somebody who never had its addresses.
        _ = Ask($"known{LookupThreads.MaxThreads - 1}");
        await _system.StartedAsync($"known{LookupThreads.MaxThreads - 1}");
    }

    [Fact]
    public async Task GetAddressesAsync_ManyAtOnce_TakeNoMoreThreadsThanThereAreQuestions()
    {
        for (var round = 0; round < 3; round++)
        {
            var answers = new[] { Ask("a"), Ask("b") };
            foreach (var host in new[] { "a", "b" })
            {
                await _system.StartedAsync(host);
                _system.Answer(host, "10.0.0.1");
            }

            await Task.WhenAll(answers).WaitAsync(ResolverWatch.Patience, Cancelled);
        }

        Assert.InRange(_system.Threads, 2, 6);
    }

    [Fact]
    public async Task GetAddressesAsync_Idle_ThreadEndsAndAnotherStartsWhenThereIsWork()
    {
        var lookup = new DnsHostLookup(_system.Resolve, Longest, TimeSpan.FromMilliseconds(1), _time);
        for (var round = 0; round < 2; round++)
        {
            var answer = lookup.GetAddressesAsync("web", cancellationToken: Cancelled);
            var thread = await _system.StartedAsync("web");
            _system.Answer("web", "10.0.0.1");
            Assert.Single(await answer.WaitAsync(ResolverWatch.Patience, Cancelled));
            Assert.True(thread.Join(ResolverWatch.Patience));
        }
    }

    private Task<IPAddress[]> Ask(string host, bool isRefresh = false) => _lookup.GetAddressesAsync(host, isRefresh, Cancelled);

    /// <summary>The call of the system that blocks, until the test answers.</summary>
    private sealed class BlockingResolver : IDisposable
    {
        private readonly ConcurrentDictionary<string, TaskCompletionSource<Thread>> _started = new(StringComparer.OrdinalIgnoreCase);
        private readonly ConcurrentDictionary<string, BlockingCollection<Func<IPAddress[]>>> _answers = new(StringComparer.OrdinalIgnoreCase);
        private readonly ConcurrentDictionary<Thread, bool> _threads = [];
        private readonly CancellationTokenSource _end = new();

        public ConcurrentQueue<string> Asked { get; } = [];

        public int Threads => _threads.Count;

        public IPAddress[] Resolve(string host)
        {
            Asked.Enqueue(host);
            _threads.TryAdd(Thread.CurrentThread, true);
            Started(host).SetResult(Thread.CurrentThread);
            return Answers(host).Take(_end.Token)();
        }

        /// <summary>The thread that asks for a host, once it does.</summary>
        public async Task<Thread> StartedAsync(string host)
        {
            var thread = await Started(host).Task.WaitAsync(ResolverWatch.Patience, Cancelled);
            _started[host] = NewSignal();
            return thread;
        }

        public void Answer(string host, params string[] addresses) => Answers(host).Add(() => [.. addresses.Select(IPAddress.Parse)]);

        public void Fail(string host, SocketError error) => Answers(host).Add(() => throw new SocketException((int)error));

        // Ends every thread that is still blocked.
        public void Dispose() => _end.Cancel();

        private static TaskCompletionSource<Thread> NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

        private TaskCompletionSource<Thread> Started(string host) => _started.GetOrAdd(host, static _ => NewSignal());

        private BlockingCollection<Func<IPAddress[]>> Answers(string host) => _answers.GetOrAdd(host, static _ => []);
    }
}
