using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

public sealed class ReceiveWindowTests
{
    [Fact]
    public void Advance_Partly_RestComesFirstWithMoreBehind()
    {
        var window = new ReceiveWindow(WindowPool.Of(8));
        Put(ref window, 1, 2, 3);
        window.Advance(2);
        Put(ref window, 4, 5);
        Assert.Equal([3, 4, 5], window.HandOut().Data.ToArray());
        Assert.Equal(3, window.Unread);
    }

    [Fact]
    public void Advance_ByNothing_WantsMoreUntilHandedOut()
    {
        var window = new ReceiveWindow(WindowPool.Of(8));
        Put(ref window, 1);
        window.Advance(0);
        Assert.True(window.WantsMore);
        window.HandOut();
        Assert.False(window.WantsMore);
        Assert.Throws<ArgumentOutOfRangeException>(() => window.Advance(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => window.Advance(-1));
    }

    [Fact]
    public void Take_AllIsConsumed_GivesTheBufferBack()
    {
        var pool = WindowPool.Of(12345);
        var window = new ReceiveWindow(pool);
        Put(ref window, 1, 2);
        window.Advance(2);
        Assert.Null(window.Take(out _, out var length));
        Assert.Equal(0, length);
        var buffer = pool.Rent();
        Assert.Equal(1, buffer[0]);
        pool.Return(buffer);
    }

    [Fact]
    public void MakeRoom_FullAndPartlyConsumed_MovesWhatIsLeft()
    {
        var window = new ReceiveWindow(WindowPool.Of(4));
        Put(ref window, 1, 2, 3, 4);
        window.Advance(3);
        Assert.Equal(3, window.MakeRoom().Length);
        Put(ref window, 5, 6, 7);
        Assert.Equal([4, 5, 6, 7], window.HandOut().Data.ToArray());
    }

    [Fact]
    public void MakeRoom_FullAndNothingConsumed_GrowsAndKeepsAll()
    {
        var window = new ReceiveWindow(WindowPool.Of(4));
        Put(ref window, 1, 2, 3, 4);
        Assert.Equal(4, window.MakeRoom().Length);
        Put(ref window, 5);
        Assert.Equal([1, 2, 3, 4, 5], window.HandOut().Data.ToArray());
    }

    [Fact]
    public void Take_WithBytes_HandsTheBufferOverOnce()
    {
        var window = new ReceiveWindow(WindowPool.Of(4));
        Assert.Null(window.Take(out _, out _));
        Put(ref window, 1, 2, 3);
        window.Advance(1);
        var buffer = window.Take(out var start, out var length);
        Assert.Equal([2, 3], buffer!.AsSpan(start, length).ToArray());
        Assert.Equal(0, window.Unread);
        Assert.Null(window.Take(out _, out _));
    }

    [Fact]
    public void ReleaseForWait_WithBytes_KeepsThem()
    {
        var window = new ReceiveWindow(WindowPool.Of(4));
        Put(ref window, 1, 2);
        window.ReleaseForWait();
        Assert.Equal([1, 2], window.HandOut().Data.ToArray());
        window.Advance(2);
        window.ReleaseForWait();
        window.Release();
        Assert.Equal(4, window.MakeRoom().Length);
    }

    [Fact]
    public void ReleaseForWait_WithLittle_GivesTheWindowBackAndTheBytesComeAgain()
    {
        var pool = WindowPool.Of(4 * 1024 + 1);
        var window = new ReceiveWindow(pool);
        Put(ref window, [1, 2, 3]);
        window.Advance(1);
        window.Advance(0);
        window.ReleaseForWait();
        var (one, other) = (pool.Rent(), pool.Rent());
        Assert.Equal(2, window.Unread);
        Put(ref window, [4]);
        Assert.Equal(new byte[] { 2, 3, 4 }, window.HandOut().Data.ToArray());
        Assert.Equal(pool.Size - 3, window.MakeRoom().Length);
        pool.Return(one);
        pool.Return(other);
    }

    [Fact]
    public void ReleaseForWait_WithMuch_KeepsTheWindow()
    {
        var window = new ReceiveWindow(WindowPool.Of(4 * 1024));
        Put(ref window, new byte[2000]);
        window.ReleaseForWait();
        Assert.Equal((2000, 2096), (window.Unread, window.MakeRoom().Length));
    }

    private static void Put(ref ReceiveWindow window, params byte[] bytes)
    {
        bytes.CopyTo(window.MakeRoom());
        window.Commit(bytes.Length);
    }
}
