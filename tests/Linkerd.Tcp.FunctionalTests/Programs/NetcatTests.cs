using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>netcat sends, closes its half (-N), and then reads the answer.</summary>
public sealed class NetcatTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(3_000_000)]
    public async Task HalfClose_AfterSending_TheAnswerStillComes(int length)
    {
        await using var backend = new TcpBackend(Serve.CountToFinAsync);
        await using var proxy = await Executable.StartAsync(backend.Name);
        var answer = await ClientProgram.RunWithInputAsync("nc", new string('x', length), "-N", "127.0.0.1", proxy.Port);
        Assert.Equal($"{length} bytes", answer);
    }
}
