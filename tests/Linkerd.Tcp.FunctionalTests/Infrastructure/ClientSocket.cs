using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Clients, and what they see in the end. Nothing waits longer than 30 s.</summary>
internal static class ClientSocket
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Task<Socket> ConnectAsync(EndPoint endPoint, int? receiveBuffer = null) =>
        SocketExtensions.ConnectAsync(endPoint, TestContext.Current.CancellationToken, receiveBuffer);

    /// <summary>The wait that every operation of a test gets.</summary>
    public static Task<T> InTimeAsync<T>(this Task<T> task) => task.WaitAsync(Patience, TestContext.Current.CancellationToken);

    /// <inheritdoc cref="InTimeAsync{T}"/>
    public static Task InTimeAsync(this Task task) => task.WaitAsync(Patience, TestContext.Current.CancellationToken);

    /// <summary>What the server says before the FIN, on a connection of its own.</summary>
    public static async Task<string> AskAsync(EndPoint endPoint)
    {
        using var client = await ConnectAsync(endPoint);
        return await client.ReceiveTextToEndAsync().InTimeAsync();
    }

    /// <summary>Sends a text and expects it back.</summary>
    public static async Task EchoAsync(this Socket client, string text)
    {
        await client.SendTextAsync(text).InTimeAsync();
        Assert.Equal(text, await client.ReceiveTextAsync(text.Length).InTimeAsync());
    }

    /// <summary>Connects, and asserts that this ends with a RST at once; the RST may come before the runtime has looked at its connect.</summary>
    public static async Task IsTurnedAwayAsync(EndPoint endPoint)
    {
        var error = await Assert.ThrowsAsync<SocketException>(() => AskAsync(endPoint));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    /// <summary>Asserts that the connection ends with a RST and not with a FIN.</summary>
    public static async Task IsResetAsync(this Socket client)
    {
        var error = await Assert.ThrowsAsync<SocketException>(() => client.ReceiveToEndAsync().InTimeAsync());
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    /// <summary>Whether something listens there.</summary>
    public static bool CanConnect(IPEndPoint endPoint)
    {
        using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(endPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
