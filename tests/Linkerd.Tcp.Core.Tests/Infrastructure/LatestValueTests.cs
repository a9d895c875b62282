using System.Net;
using Linkerd.Tcp.Infrastructure;
using Xunit;

namespace Linkerd.Tcp.Tests.Infrastructure;

public sealed class LatestValueTests
{
    private static readonly Resolution Failed = new Resolution.Failed("x");
    private static readonly Resolution Negative = Resolution.Negative.Instance;
    private readonly LatestValue<Resolution> _cell = new(state => state.Rank);

    [Fact]
    public async Task ReadAsync_SlowReader_GetsTheLastSetAndWhatCameBehindIt()
    {
        await using var reader = Read();
        Put(Bound(1), Failed, Bound(2), Negative, Resolution.Pending.Instance, Failed);

        Assert.Equal([Bound(2), Negative, Failed], await TakeAsync(reader, 3));
    }

    [Fact]
    public async Task ReadAsync_SameAgain_IsNotGiven()
    {
        await using var reader = Read();
        Put(Bound(1, 2));
        Assert.Equal([Bound(1, 2)], await TakeAsync(reader, 1));

        Put(Bound(2, 1), Failed);
        Assert.Equal([Failed], await TakeAsync(reader, 1));

        Put(new Resolution.Failed("x"), Bound(2, 1));
        Assert.Equal([Bound(1, 2)], await TakeAsync(reader, 1));

        Put(Negative, Bound(1, 2), Failed);
        Assert.Equal([Failed], await TakeAsync(reader, 1));
    }

    [Fact]
    public async Task ReadAsync_SeveralReaders_GetEachWhatIsNewToThem()
    {
        await using var early = Read();
        Put(Bound(1));
        Assert.Equal([Bound(1)], await TakeAsync(early, 1));

        Put(Failed);
        await using var late = Read();

        Assert.Equal([Failed], await TakeAsync(early, 1));
        Assert.Equal([Bound(1), Failed], await TakeAsync(late, 2));
    }

    [Fact]
    public async Task ReadAsync_AfterNegative_IsNotToldOfTheSetBefore()
    {
        await using var early = Read();
        Put(Bound(1), Negative);
        await using var late = Read();

        Assert.Equal([Bound(1), Negative], await TakeAsync(early, 2));
        Assert.Equal([Negative], await TakeAsync(late, 1));
    }

    [Fact]
    public async Task Offer_BeforeAndAfterPut_OnlyCountsBefore()
    {
        await using var reader = Read();
        _cell.Offer(Bound(1));
        Assert.Equal([Bound(1)], await TakeAsync(reader, 1));

        Put(Bound(2));
        _cell.Offer(Bound(3));
        Put(Failed);
        Assert.Equal([Bound(2), Failed], await TakeAsync(reader, 2));
    }

    [Fact]
    public async Task ReadAsync_Cancelled_Throws()
    {
        using var stop = new CancellationTokenSource();
        await using var reader = _cell.ReadAsync(stop.Token).GetAsyncEnumerator(CancellationToken.None);
        var next = reader.MoveNextAsync().AsTask();

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    private static Resolution.Bound Bound(params IEnumerable<int> ports) =>
        new Resolution.Bound(EndpointSet.Create(ports.Select(port => new IPEndPoint(IPAddress.Loopback, port))));

    private void Put(params IEnumerable<Resolution> states)
    {
        foreach (var state in states)
        {
            _cell.Put(state);
        }
    }

    private IAsyncEnumerator<Resolution> Read() => _cell.ReadAsync(CancellationToken.None).GetAsyncEnumerator(TestContext.Current.CancellationToken);

    private static async Task<List<Resolution>> TakeAsync(IAsyncEnumerator<Resolution> reader, int count)
    {
        var taken = new List<Resolution>();
        while (taken.Count < count)
        {
            await reader.MoveNextAsync().AsTask().WaitAsync(TestContext.Current.CancellationToken);
            taken.Add(reader.Current);
        }

        return taken;
    }
}
