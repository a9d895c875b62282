using System.Text;
using Linkerd.Tcp.Cli.AccessLog;

namespace Linkerd.Tcp.FunctionalTests;

[Trait("Category", "AnyTransport")]
public sealed class RecordQueueTests
{
    [Fact]
    public void TryAdd_Full_DropsAndCounts()
    {
        var queue = new RecordQueue(10);
        Assert.True(queue.TryAdd("12345678"u8));
        Assert.False(queue.TryAdd("abc"u8));
        Assert.False(queue.TryAdd("this is longer than the queue"u8));
        Assert.True(queue.TryAdd("90"u8));
        Assert.Equal(2, queue.Dropped);
        Assert.Equal(("1234567890", 2), Take(queue));
        Assert.True(queue.TryAdd("abc"u8));
        Assert.Equal(("abc", 1), Take(queue));
        Assert.False(queue.TryTake(new RecordBatch()));
    }

    [Fact]
    public void TryTake_AfterACrowd_DoesNotKeepItsMemory()
    {
        var queue = new RecordQueue(4 << 20);
        var batch = new RecordBatch();
        var record = new byte[1000];
        for (var round = 0; round < 4; round++)
        {
            for (var i = 0; i < (round < 2 ? 4000 : 1); i++)
            {
                Assert.True(queue.TryAdd(record));
            }

            Assert.True(queue.TryTake(batch));
        }

        Assert.InRange(batch.Bytes.Length, 1, 1 << 20);
    }

    [Fact]
    public async Task TryAdd_ManyThreads_LosesAndMixesNothing()
    {
        var queue = new RecordQueue(1 << 20);
        var taken = new StringBuilder();
        var isOver = false;
        var taking = Task.Run(() =>
        {
            var batch = new RecordBatch();
            while (true)
            {
                var wasOver = Volatile.Read(ref isOver);
                while (queue.TryTake(batch))
                {
                    taken.Append(Encoding.ASCII.GetString(batch.Rest));
                }

                if (wasOver)
                {
                    return;
                }

                queue.Wait(TimeSpan.FromMilliseconds(10));
            }
        }, TestContext.Current.CancellationToken);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                queue.TryAdd(Encoding.ASCII.GetBytes($"{thread} {i}\n"));
            }
        }, TestContext.Current.CancellationToken)));
        Volatile.Write(ref isOver, true);
        await taking;
        var lines = taken.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(80_000, lines.Length + queue.Dropped);
        Assert.Equal(lines.Length, lines.Distinct().Count());
        Assert.All(lines, static line => Assert.Matches(@"^[0-3] \d{1,5}$", line));
    }

    private static (string, int) Take(RecordQueue queue)
    {
        var batch = new RecordBatch();
        Assert.True(queue.TryTake(batch));
        return (Encoding.ASCII.GetString(batch.Rest), batch.Records);
    }
}
