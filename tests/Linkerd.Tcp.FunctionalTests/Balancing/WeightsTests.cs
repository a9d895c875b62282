using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Shares of real connections.</summary>
public sealed class WeightsTests
{
    [Fact]
    public async Task Union_ThreeToOne_IsWhatTheServersGet()
    {
        await using var first = new TcpBackend(Serve.Say("first"));
        await using var second = new TcpBackend(Serve.Say("second"));
        await using var proxy = await Executable.StartAsync($"3 * {first.Name} & 1 * {second.Name}");
        for (var i = 0; i < 800; i++)
        {
            await ClientSocket.AskAsync(proxy.EndPoint);
        }

        // Five standard deviations of 800 independent draws.
        Assert.Equal(800, first.Accepted + second.Accepted);
        Assert.InRange(first.Accepted, 540, 660);
    }

    [Fact]
    public async Task Union_WeightZero_GetsNothingWhileTheOtherServes()
    {
        await using var first = new TcpBackend(Serve.Say("first"));
        await using var second = new TcpBackend(Serve.Say("second"));
        await using var proxy = await Executable.StartAsync($"{first.Name} & 0 * {second.Name}");
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal("first", await ClientSocket.AskAsync(proxy.EndPoint));
        }
    }

    [Fact]
    public async Task OneServer_ManyClients_AreAllServed()
    {
        await using var backend = new TcpBackend(Serve.Say("only"));
        await using var proxy = await Executable.StartAsync(backend.Name);
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => ClientSocket.AskAsync(proxy.EndPoint)));
        Assert.All(answers, answer => Assert.Equal("only", answer));
    }
}
