using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Protocols in which the server speaks first (SMTP, MySQL, SSH).</summary>
public sealed class SpeaksFirstTests
{
    [Fact]
    public async Task ServerThatSpeaksFirst_SilentClient_ReadsTheGreetingThenTalks()
    {
        await using var backend = new TcpBackend(Serve.GreetAndEcho("220 ready\r\n"));
        await using var proxy = await Executable.StartAsync(backend.Name);
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        Assert.Equal("220 ready\r\n", await client.ReceiveTextAsync(11).InTimeAsync());
        await client.EchoAsync("EHLO there\r\n");
    }
}
