using System.Diagnostics;
using Linkerd.Tcp.LoadTest.Loop;
using Linkerd.Tcp.LoadTest.Measuring;
using Linkerd.Tcp.LoadTest.Tls;
using Linkerd.Tcp.LoadTest.Traffic;

namespace Linkerd.Tcp.LoadTest.Running;

/// <summary>One run: the loop with its backend, and the proxy that is looked at.</summary>
internal sealed class LoadSession : IDisposable
{
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan VerificationTimeout = TimeSpan.FromSeconds(20);

    // Reading /proc holds the loop up, which is no delay of the proxy's: times begin when that is over.
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(20);

    private readonly EventLoop _loop = new();
    private readonly ProcessTree _self = new([Environment.ProcessId]);

    public LoadSession(RunSettings settings)
    {
        Settings = settings;
        var (sides, resumes) = (settings.Workload.Tls, settings.Workload.Resumes);
        Traffic = new(_loop, settings.Target)
        {
            TlsClient = sides.HasFlag(TlsSides.Client) ? TlsEndpoint.CreateClient(resumes) : null,
            TlsServer = sides.HasFlag(TlsSides.Server) ? TlsEndpoint.CreateServer(settings.Certificates!, resumes) : null,
        };
        Proxy = new(settings.ProxyProcesses);
        _ = new BackendListener(Traffic, settings.Backend);
    }

    public RunSettings Settings { get; }

    public TrafficState Traffic { get; }

    public ProcessTree Proxy { get; }

    /// <summary>When the last window began.</summary>
    public long WindowBegin { get; private set; }

    public void RunFor(TimeSpan time) => _loop.RunFor(time);

    /// <summary>Runs until a condition holds that a peer signals by stopping the loop.</summary>
    public bool RunUntil(Func<bool> condition, TimeSpan timeout)
    {
        var deadline = Stopwatch.GetTimestamp() + (long)(timeout.TotalSeconds * Stopwatch.Frequency);
        while (!condition() && Stopwatch.GetTimestamp() < deadline && !Traffic.Errors.IsTooMany)
        {
            _loop.RunUntil(deadline);
        }

        return condition();
    }

    /// <summary>Waits until an echo comes back through the proxy: it listens, and reaches the backend.</summary>
    public void WaitUntilReady() => ReadyProbe.Wait(_loop, Settings.Target, Traffic.TlsClient, ReadyTimeout);

    /// <summary>Sends some megabytes both ways, and compares them.</summary>
    public void Verify()
    {
        const int Ends = 2;
        var client = new VerifyingPeer(Traffic);
        client.Open(Role.Verify);
        if (!RunUntil(() => Traffic.VerifiedEnds == Ends || Traffic.Errors.Total > 0, VerificationTimeout) || Traffic.VerifiedEnds < Ends)
        {
            Traffic.Fail("verification: the content did not arrive intact");
        }

        _loop.Close(client);
    }

    /// <summary>Warms up, then measures, as long as the settings say; <paramref name="run"/> keeps the load going for a time.</summary>
    public Window Measure(Action<TimeSpan> run) => Measure(run, Settings.WarmUp, Settings.Measured);

    /// <summary>Warms up, then measures.</summary>
    public Window Measure(Action<TimeSpan> run, TimeSpan warmUp, TimeSpan measured)
    {
        run(warmUp);
        _ = Proxy.ReadCpu();
        var loadBegin = _self.ReadCpu();
        var cpuBegin = Proxy.ReadCpu();
        var systemBegin = SystemCpu.ReadBusySeconds();
        var begin = Stopwatch.GetTimestamp();
        (Traffic.Operations, Traffic.Bytes) = (0, 0);
        Traffic.TlsClient?.ResetCounts();
        Traffic.TlsServer?.ResetCounts();
        var received = Traffic.Receivers.ConvertAll(static receiver => receiver.Received);
        run(Settling);
        Traffic.Latencies.Reset();
        run(measured - Settling);
        var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var cpu = ProcessTree.SecondsBetween(cpuBegin, Proxy.ReadCpu());
        var loadCpu = ProcessTree.SecondsBetween(loadBegin, _self.ReadCpu());
        var otherCpu = Math.Max(0, SystemCpu.ReadBusySeconds() - systemBegin - cpu - loadCpu);
        foreach (var _ in Traffic.Receivers.Where((receiver, i) => i >= received.Count || receiver.Received == received[i]))
        {
            Traffic.Fail("stream: nothing arrived in the whole window");
        }

        WindowBegin = begin;
        return new(seconds, Traffic.Operations, Traffic.Bytes, cpu, loadCpu, otherCpu, Traffic.Latencies.Summarize());
    }

    /// <summary>What all workloads report.</summary>
    public RunResult Report(Window window) => new()
    {
        Workload = Settings.Workload.Name,
        Connections = Settings.Workload.Connections,
        Seconds = window.Seconds,
        CpuSeconds = window.CpuSeconds,
        ProxyBusy = window.CpuSeconds / window.Seconds,
        LoadBusy = window.LoadCpuSeconds / window.Seconds,
        OthersBusy = window.OtherCpuSeconds / window.Seconds,
        Latency = window.Latency,
        ClientsResumed = ShareResumed(Traffic.TlsClient),
        ServersResumed = ShareResumed(Traffic.TlsServer),
        ResidentBytes = Proxy.ReadResidentBytes(),
        Errors = Traffic.Errors.Total,
        ErrorKinds = Traffic.Errors.ByKind,
    };

    public void Dispose()
    {
        _loop.Dispose();
        Traffic.TlsClient?.Dispose();
        Traffic.TlsServer?.Dispose();
    }

    private static double? ShareResumed(TlsEndpoint? endpoint) => endpoint is { Handshakes: > 0 } ? (double)endpoint.Resumed / endpoint.Handshakes : null;
}
