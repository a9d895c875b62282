using System.Diagnostics;
using System.Globalization;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>
/// The executable under load while its control plane goes wrong in every way: no session fails, namerd is not stormed, and what changed meanwhile is in use
/// soon after. <c>LINKERD_TCP_TORTURE_SECONDS</c> makes the faults last longer than the few seconds that they last by default.
/// </summary>
[Trait("Category", "AnyTransport")]
public sealed class ControlPlaneTortureTests : IAsyncLifetime
{
    private static readonly TimeSpan Trouble = TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("LINKERD_TCP_TORTURE_SECONDS"), CultureInfo.InvariantCulture, out var seconds) ? seconds : 3);

    private readonly TcpBackend _first = new(Serve.Say("first"));
    private readonly TcpBackend _second = new(Serve.Say("second"));
    private NamerdStandIn _namerd = null!;
    private FaultyPath _path = null!;

    public async ValueTask InitializeAsync()
    {
        _namerd = await NamerdStandIn.StartAsync();
        _path = new FaultyPath(_namerd.EndPoint);
        Set(_namerd, _first);
    }

    public async ValueTask DisposeAsync()
    {
        await _path.DisposeAsync();
        await _namerd.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Theory]
    [InlineData(PathFault.Killed, "bind")]
    [InlineData(PathFault.Status500, "bind")]
    [InlineData(PathFault.HangsMidBody, "bind")]
    [InlineData(PathFault.Blackhole, "bind")]
    [InlineData(PathFault.Garbage, "bind")]
    [InlineData(PathFault.Killed, "resolve")]
    [InlineData(PathFault.Status500, "resolve")]
    [InlineData(PathFault.Garbage, "poll")]
    public async Task Namerd_GoesWrongUnderLoad_NoSessionFailsAndTheNewSetIsTakenAfterwards(PathFault fault, string mode)
    {
        await using var proxy = await StartAsync(_path.EndPoint.ToString(), "--namerd-mode", mode, "-i", "1");
        await using var load = new SteadyLoad(proxy.EndPoint);
        await load.WaitForAsync(50);

        var before = _path.Connections;
        _path.Set(fault);
        Set(_namerd, _second);
        await load.RunAsync(Trouble);
        var asked = _path.Connections - before;
        var healed = Stopwatch.GetTimestamp();
        _path.Set(PathFault.None);
        await Eventually.IsTrueAsync(() => load.FirstAnswer("second") is not null, () => proxy.Error.Text);

        Assert.Empty(load.Failures);
        Report($"{fault}, {mode}: {asked} connections in {Trouble.TotalSeconds} s, the new set in use after {Stopwatch.GetElapsedTime(healed, load.FirstAnswer("second")!.Value).TotalSeconds:0.00} s");

        // A question about the name, and one about its addresses: a few at once, and then ever more seldom.
        Assert.InRange(asked, 0, 10 + Trouble.TotalSeconds);
    }

    [Fact]
    public async Task Namerd_RestartedOnAnotherAddress_TheOtherIsAskedAtOnce()
    {
        await using var other = await NamerdStandIn.StartAsync();
        Set(other, _second);
        await using var proxy = await StartAsync($"{_path.EndPoint},{other.EndPoint}");
        await using var load = new SteadyLoad(proxy.EndPoint);
        await load.WaitForAsync(50);
        Assert.Null(load.FirstAnswer("second"));

        var killed = Stopwatch.GetTimestamp();
        _path.Set(PathFault.Killed);
        await Eventually.IsTrueAsync(() => load.FirstAnswer("second") is not null, () => proxy.Error.Text);

        var elapsed = Stopwatch.GetElapsedTime(killed, load.FirstAnswer("second")!.Value);
        Report($"the other namerd's set in use after {elapsed.TotalSeconds:0.00} s");
        Assert.Empty(load.Failures);
        Assert.InRange(elapsed.TotalSeconds, 0, 5);
    }

    [Fact]
    public async Task Stream_SilentWhileTheSetChanges_IsFoundByTheRePoll()
    {
        await using var proxy = await StartAsync(_path.EndPoint.ToString(), "-i", "1");
        await using var load = new SteadyLoad(proxy.EndPoint);
        await load.WaitForAsync(50);

        _path.Set(PathFault.Frozen);
        var changed = Stopwatch.GetTimestamp();
        Set(_namerd, _second);
        await Eventually.IsTrueAsync(() => load.FirstAnswer("second") is not null, () => proxy.Error.Text);

        var elapsed = Stopwatch.GetElapsedTime(changed, load.FirstAnswer("second")!.Value);
        Report($"found after {elapsed.TotalSeconds:0.00} s at an interval of 1 s");
        Assert.Empty(load.Failures);
        Assert.InRange(elapsed.TotalSeconds, 0, 5);
    }

    private static Task<ProxyProcess> StartAsync(string namerd, params string[] options) => Executable.StartAsync("/svc/web", ["-n", namerd, .. options]);

    private static void Set(NamerdStandIn namerd, TcpBackend backend) =>
        namerd.Set("/svc/web", NameState.Bound.Of(StandInAddress.Of(backend.EndPoint)));

    private static void Report(string what) => TestContext.Current.TestOutputHelper?.WriteLine(what);
}
