using System.Text;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>What tests do with a connection. Each looks at received memory before it suspends, as the contract asks.</summary>
internal static class ConnectionExtensions
{
    /// <summary>Bytes that show where they belong.</summary>
    public static byte[] Pattern(int length, int salt = 0)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)((i * 31) + (i >> 8) + salt);
        }

        return bytes;
    }

    /// <summary>Compares megabytes in no time, which a comparison of collections does not.</summary>
    public static void AssertSame(byte[] expected, byte[] actual)
    {
        var same = expected.AsSpan().CommonPrefixLength(actual);
        Assert.True(same == expected.Length && same == actual.Length, $"{actual.Length} bytes instead of {expected.Length}, the first {same} are the same.");
    }

    /// <summary>Receives once and consumes all of it.</summary>
    public static async Task<(TransportStatus Status, byte[] Data)> TakeAsync(this TransportConnection connection)
    {
        var received = await connection.ReceiveAsync();
        var copy = received.Data.ToArray();
        if (copy.Length > 0)
        {
            connection.Advance(copy.Length);
        }

        return (received.Status, copy);
    }

    /// <summary>Receives and consumes exactly so many bytes, or what comes before the end.</summary>
    public static async Task<byte[]> ReadAsync(this TransportConnection connection, int count)
    {
        var read = new byte[count];
        var length = 0;
        while (length < count)
        {
            var received = await connection.ReceiveAsync();
            if (received.Data.IsEmpty)
            {
                break;
            }

            var taken = Math.Min(received.Data.Length, count - length);
            received.Data.Span[..taken].CopyTo(read.AsSpan(length));
            connection.Advance(taken);
            length += taken;
        }

        return length == count ? read : read[..length];
    }

    /// <summary>Receives to the end, and says which end it was.</summary>
    public static async Task<(byte[] Data, TransportStatus End)> ReadToEndAsync(this TransportConnection connection)
    {
        var read = new MemoryStream();
        while (true)
        {
            var received = await connection.ReceiveAsync();
            if (received.Data.IsEmpty)
            {
                return (read.ToArray(), received.Status);
            }

            read.Write(received.Data.Span);
            connection.Advance(received.Data.Length);
        }
    }

    public static async Task<string> ReadTextAsync(this TransportConnection connection, int count) =>
        Encoding.ASCII.GetString(await connection.ReadAsync(count));

    public static async Task<TransportStatus> TrySendAsync(this TransportConnection connection, ReadOnlyMemory<byte> data) => await connection.SendAsync(data);

    public static async Task SendAllAsync(this TransportConnection connection, ReadOnlyMemory<byte> data) =>
        Assert.Equal(TransportStatus.Ok, await connection.SendAsync(data));

    public static Task SendTextAsync(this TransportConnection connection, string text) => connection.SendAllAsync(Encoding.ASCII.GetBytes(text));

    public static async Task ExpectFinAsync(this TransportConnection connection) => Assert.True((await connection.ReceiveAsync()).IsFin);
}
