using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport.Epoll;

public sealed class LoopQueueTests
{
    [Fact]
    public void Take_WhatWasAdded_ComesOnceAndInOrder()
    {
        var queue = new LoopQueue();
        Assert.True(queue.IsEmpty);
        for (var i = 0; i < 10; i++)
        {
            queue.Add(static _ => { }, i);
        }

        Assert.False(queue.IsEmpty);
        Assert.Equal(Enumerable.Range(0, 10), queue.Take().Select(item => (int)item.State!));
        Assert.True(queue.IsEmpty);
        Assert.Empty(queue.Take());
    }

    [Fact]
    public void Add_WhileABatchIsRun_BelongsToTheNextOne()
    {
        var queue = new LoopQueue();
        queue.Add(static queue => ((LoopQueue)queue!).Add(static _ => { }, "later"), queue);
        foreach (var (action, state) in queue.Take())
        {
            action(state);
        }

        Assert.Equal("later", Assert.Single(queue.Take()).State);
    }

    [Fact]
    public async Task Add_FromManyThreads_EachKeepsItsOrder()
    {
        const int Writers = 4;
        const int Count = 20_000;
        var queue = new LoopQueue();
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() =>
        {
            for (var i = 0; i < Count; i++)
            {
                queue.Add(static _ => { }, (writer, i));
            }
        })));
        var next = new int[Writers];
        while (next.Sum() < Writers * Count)
        {
            foreach (var (_, state) in queue.Take())
            {
                var (writer, number) = ((int, int))state!;
                Assert.Equal(next[writer]++, number);
            }
        }

        await writing;
        Assert.True(queue.IsEmpty);
    }
}
