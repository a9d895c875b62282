using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;
using Side = Linkerd.Tcp.FunctionalTests.SoakSession.Side;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>One end of a session of a soak: sends and receives as planned, checks every byte, and counts.</summary>
internal sealed class SoakPeer(Socket socket, SoakSession session, Side side)
{
    private const int ChunkLength = 32 * 1024;
    private static readonly TimeSpan SlowReadersPause = TimeSpan.FromMilliseconds(5);

    // What is sent is this again and again. The length is odd, so that lost or repeated bytes show whatever their number.
    private static readonly byte[] Pattern = CreatePattern();

    private long _given;
    private long _received;

    /// <summary>Bytes given to the kernel; where the connection broke, perhaps not all of them were taken.</summary>
    public long Given => Interlocked.Read(ref _given);

    public long Received => Interlocked.Read(ref _received);

    /// <summary>Whether both FINs were exchanged, after everything that was planned.</summary>
    public bool EndedInOrder { get; private set; }

    /// <summary>What was received and is not what was sent.</summary>
    public string? Corruption { get; private set; }

    private bool IsClient => side == Side.Client;

    private long ToSend => IsClient ? session.Up : session.Down;

    /// <summary>Reads which session it is.</summary>
    /// <returns>Its number; null: the connection ended before that.</returns>
    public static async Task<long?> ReadHeaderAsync(Socket socket)
    {
        var header = new byte[SoakSession.HeaderLength];
        for (var filled = 0; filled < header.Length;)
        {
            var count = await socket.ReceiveAsync(header.AsMemory(filled));
            if (count == 0)
            {
                return null;
            }

            filled += count;
        }

        return BinaryPrimitives.ReadInt64LittleEndian(header);
    }

    public async Task RunAsync()
    {
        try
        {
            if (IsClient)
            {
                var header = new byte[SoakSession.HeaderLength];
                BinaryPrimitives.WriteInt64LittleEndian(header, session.Id);
                await SendAsync(header);
            }
            else
            {
                Interlocked.Add(ref _received, SoakSession.HeaderLength);
            }

            if (session.IsPingPong)
            {
                await (IsClient ? PingAsync() : PongAsync());
            }
            else
            {
                await Task.WhenAll(SendAllAsync(), ReceiveAllAsync());
            }

            EndedInOrder = Corruption is null;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or EndOfStreamException)
        {
            // It was reset, by this side or by the other one. A FIN that came early is no end in order either.
            return;
        }
        finally
        {
            socket.Dispose();
        }
    }

    public override string ToString() => $"gave {Given}, received {Received}, {(EndedInOrder ? "in order" : "cut")}{Corruption}";

    private static byte[] CreatePattern()
    {
        var pattern = new byte[65_521 + ChunkLength];
        new Random(1).NextBytes(pattern);
        pattern.AsSpan(0, ChunkLength).CopyTo(pattern.AsSpan(65_521));
        return pattern;
    }

    /// <summary>What a direction has at an offset.</summary>
    private ReadOnlyMemory<byte> Expected(long offset, int count) => Pattern.AsMemory((int)((offset + session.Id) % 65_521), count);

    private async Task PingAsync()
    {
        var buffer = new byte[SoakSession.MessageLength];
        for (var sent = 0L; sent < ToSend; sent += buffer.Length)
        {
            await SendAsync(Expected(sent, buffer.Length));
            for (var filled = 0; filled < buffer.Length;)
            {
                var count = await ReceiveAsync(buffer.AsMemory(filled), sent + filled);
                filled += count > 0 ? count : throw new EndOfStreamException();
            }
        }

        socket.Shutdown(SocketShutdown.Send);
        await ExpectFinAsync();
    }

    private async Task PongAsync()
    {
        var buffer = new byte[SoakSession.MessageLength];
        var echoed = 0L;
        while (await ReceiveAsync(buffer, echoed) is var count and > 0)
        {
            await SendAsync(buffer.AsMemory(0, count));
            echoed += count;
        }

        Require(echoed == session.Up);
        socket.Shutdown(SocketShutdown.Send);
    }

    private async Task SendAllAsync()
    {
        for (var sent = 0L; sent < ToSend;)
        {
            var count = (int)Math.Min(ChunkLength, ToSend - sent);
            await SendAsync(Expected(sent, count));
            sent += count;
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    private async Task ReceiveAllAsync()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkLength);
        try
        {
            var received = 0L;
            while (await ReceiveAsync(buffer.AsMemory(0, ChunkLength), received) is var count and > 0)
            {
                received += count;
                if (session.SlowReader == side)
                {
                    await Task.Delay(SlowReadersPause);
                }
            }

            Require(received == (IsClient ? session.Down : session.Up));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task ExpectFinAsync() => Require(await socket.ReceiveAsync(new byte[1]) == 0);

    private static void Require(bool condition)
    {
        if (!condition)
        {
            throw new EndOfStreamException();
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> data)
    {
        Interlocked.Add(ref _given, data.Length);
        await socket.SendAllAsync(data);
        ResetIfItIsTime();
    }

    private async Task<int> ReceiveAsync(Memory<byte> buffer, long offset)
    {
        var count = await socket.ReceiveAsync(buffer);
        if (!buffer.Span[..count].SequenceEqual(Expected(offset, count).Span))
        {
            Corruption = $", and at {offset} not what was sent";
        }

        Interlocked.Add(ref _received, count);
        ResetIfItIsTime();
        return count;
    }

    private void ResetIfItIsTime()
    {
        if (session.ResetBy == side && Given + Received >= session.ResetAt)
        {
            socket.Reset();
        }
    }
}
