using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>What a client says in a session, and what it must hear.</summary>
internal delegate Task ClientTalk(SessionOutcome session, Socket client);

/// <summary>The talks that loads are made of.</summary>
internal static class ClientTalks
{
    /// <summary>To a server that greets with one letter, and echoes: a short session.</summary>
    public static async Task GreetAndEchoAsync(SessionOutcome session, Socket client)
    {
        session.Server = await client.ReceiveTextAsync(1).InTimeAsync();
        await client.EchoAsync("hello");
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(string.Empty, await client.ReceiveTextToEndAsync().InTimeAsync());
    }

    /// <summary>To redis: asks for the port that serves it, then for so many PONGs, 5 ms apart.</summary>
    public static ClientTalk Redis(int requests) => async (session, client) =>
    {
        await client.SendTextAsync("CONFIG GET port\r\n").InTimeAsync();
        var (lines, answer) = (0, string.Empty);
        while (lines < 5)
        {
            var received = await client.ReceiveTextAsync(1).InTimeAsync();
            answer += received;
            lines += received == "\n" ? 1 : 0;
        }

        session.Server = answer.Split("\r\n")[4];
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        for (var i = 0; i < requests; i++)
        {
            await client.SendTextAsync("PING\r\n").InTimeAsync();
            Assert.Equal("+PONG\r\n", await client.ReceiveTextAsync("+PONG\r\n".Length).InTimeAsync());
            await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    };
}
