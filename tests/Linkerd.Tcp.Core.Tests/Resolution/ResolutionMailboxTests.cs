using System.Net;
using Xunit;

namespace Linkerd.Tcp.Tests;

public sealed class ResolutionMailboxTests
{
    private static readonly Resolution Failed = new Resolution.Failed("x");
    private static readonly Resolution Negative = Resolution.Negative.Instance;

    [Fact]
    public async Task TakeAsync_SlowConsumer_GetsTheLastSetAndWhatCameBehindIt()
    {
        var mailbox = new ResolutionMailbox();
        foreach (var put in new[] { Bound(1), Failed, Bound(2), Negative, Resolution.Pending.Instance, Failed })
        {
            mailbox.Put(put);
        }

        Assert.Equal([Bound(2), Negative, Failed], await TakeAsync(mailbox, 3));
    }

    [Fact]
    public async Task TakeAsync_SameAgain_IsNotGiven()
    {
        var mailbox = new ResolutionMailbox();
        mailbox.Put(Bound(1, 2));
        Assert.Equal([Bound(1, 2)], await TakeAsync(mailbox, 1));

        mailbox.Put(Bound(2, 1));
        mailbox.Put(Failed);
        Assert.Equal([Failed], await TakeAsync(mailbox, 1));

        mailbox.Put(new Resolution.Failed("x"));
        mailbox.Put(Bound(2, 1));
        Assert.Equal([Bound(1, 2)], await TakeAsync(mailbox, 1));
    }

    [Fact]
    public async Task TakeAsync_Cancelled_Throws()
    {
        using var stop = new CancellationTokenSource();
        var take = new ResolutionMailbox().TakeAsync(stop.Token).AsTask();

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => take);
    }

    private static Resolution.Bound Bound(params IEnumerable<int> ports) =>
        new Resolution.Bound(EndpointSet.Of(ports.Select(port => new IPEndPoint(IPAddress.Loopback, port))));

    private static async Task<List<Resolution>> TakeAsync(ResolutionMailbox mailbox, int count)
    {
        var taken = new List<Resolution>();
        while (taken.Count < count)
        {
            taken.Add(await mailbox.TakeAsync(TestContext.Current.CancellationToken));
        }

        return taken;
    }
}
