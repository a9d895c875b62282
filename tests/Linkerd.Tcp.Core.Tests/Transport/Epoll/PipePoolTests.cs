using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport.Epoll;

public sealed class PipePoolTests
{
    public PipePoolTests()
    {
        Assert.SkipUnless(EpollTransport.IsSupported, "There are no such pipes here.");
    }

    [Fact]
    public void Rent_AtTheLimit_IsRefusedUntilOneIsGivenBack()
    {
        var allowance = new PipeAllowance(2);
        using var pool = new PipePool(allowance);
        var (one, other) = (pool.Rent()!, pool.Rent()!);
        Assert.Null(pool.Rent());
        Assert.Equal(2, allowance.Used);
        pool.Return(one, isEmpty: true);
        Assert.Same(one, pool.Rent());
        pool.Return(one, isEmpty: true);
        pool.Return(other, isEmpty: true);
    }

    [Fact]
    public void Rent_AllowanceIsSharedByLoops_HoldsForAllTogether()
    {
        var allowance = new PipeAllowance(1);
        using var one = new PipePool(allowance);
        using var other = new PipePool(allowance);
        var pipe = one.Rent()!;
        Assert.Null(other.Rent());
        one.Return(pipe, isEmpty: false);
        Assert.Equal(0, allowance.Used);
        var next = other.Rent()!;
        other.Return(next, isEmpty: true);
    }

    [Fact]
    public void Return_MoreThanAreKept_ClosesTheRest()
    {
        var allowance = new PipeAllowance(20);
        using (var pool = new PipePool(allowance))
        {
            var pipes = Enumerable.Range(0, 20).Select(_ => pool.Rent()!).ToArray();
            Assert.All(pipes, pipe => Assert.True(pipe.Capacity >= 4096));
            Array.ForEach(pipes, pipe => pool.Return(pipe, isEmpty: true));
            Assert.Equal(8, allowance.Used);
        }

        Assert.Equal(0, allowance.Used);
    }

    [Fact]
    public void Return_WithBytesInIt_IsNotUsedAgain()
    {
        var allowance = new PipeAllowance(2);
        using var pool = new PipePool(allowance);
        var full = pool.Rent()!;
        pool.Return(full, isEmpty: false);
        var next = pool.Rent()!;
        Assert.NotSame(full, next);
        pool.Return(next, isEmpty: true);
    }
}
