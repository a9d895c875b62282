using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>1 GiB in each direction at once, checksums at all four ends.</summary>
[Collection(HeavyLoad.Name)]
[Trait("Category", "Heavy")]
public sealed class GigabyteTests
{
    private const int BlockSize = 1 << 20;
    private const int Blocks = 1024;

    [Fact]
    public async Task BothWaysAtOnce_AGibibyteEach_ChecksumsMatch()
    {
        var server = new TaskCompletionSource<Checksums>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var backend = new TcpBackend(async socket => server.SetResult(await ExchangeAsync(socket, seed: 1)));
        await using var proxy = await Executable.StartAsync(backend.Name);
        using var socket = await ClientSocket.ConnectAsync(proxy.EndPoint);
        var client = await Task.Run(() => ExchangeAsync(socket, seed: 2)).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        var atServer = await server.Task.InTimeAsync();
        Assert.Equal(client.Sent, atServer.Received);
        Assert.Equal(atServer.Sent, client.Received);
        Assert.Equal((long)BlockSize * Blocks, client.ReceivedBytes);
        Assert.Equal((long)BlockSize * Blocks, atServer.ReceivedBytes);
    }

    private static async Task<Checksums> ExchangeAsync(Socket socket, int seed)
    {
        var sending = Task.Run(() => SendAsync(socket, seed));
        var (received, bytes) = await ReceiveAsync(socket);
        return new(await sending, received, bytes);
    }

    private static async Task<string> SendAsync(Socket socket, int seed)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = new byte[BlockSize];
        new Random(seed).NextBytes(block);
        for (var i = 0; i < Blocks; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(block, i);
            hash.AppendData(block);
            await socket.SendAllAsync(block);
        }

        socket.Shutdown(SocketShutdown.Send);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static async Task<(string Hash, long Bytes)> ReceiveAsync(Socket socket)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[256 * 1024];
        var bytes = 0L;
        int count;
        while ((count = await socket.ReceiveAsync(buffer)) > 0)
        {
            hash.AppendData(buffer.AsSpan(0, count));
            bytes += count;
        }

        return (Convert.ToHexString(hash.GetHashAndReset()), bytes);
    }

    private sealed record Checksums(string Sent, string Received, long ReceivedBytes);
}
