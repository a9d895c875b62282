using System.Net;
using Linkerd.Tcp.LoadTest.Comparing;
using Linkerd.Tcp.LoadTest.Loop;
using Linkerd.Tcp.LoadTest.Native;
using Linkerd.Tcp.LoadTest.Proxies;
using Linkerd.Tcp.LoadTest.Running;
using Linkerd.Tcp.LoadTest.Tls;
using Linkerd.Tcp.LoadTest.Traffic;

namespace Linkerd.Tcp.LoadTest.Crowds;

/// <summary>One fresh proxy, with clients and backend in this process, once.</summary>
internal abstract class CrowdRound(CrowdSettings settings)
{
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(60);
    private readonly FreePorts _ports = new();

    protected CrowdSettings Settings => settings;

    /// <summary>What the columns of the table are.</summary>
    public abstract string Header { get; }

    /// <summary>Runs one, and says what came of it; the first number is the one whose median counts.</summary>
    public async Task<(double Value, string Text)> RunAsync(ProxyKind proxy)
    {
        var folder = Directory.CreateTempSubdirectory("load-test-").FullName;
        try
        {
            var (listen, backend) = (_ports.Take(), _ports.Take());
            await using var server = ChildProcess.Start(folder, "proxy", settings.ProxyCore, proxy.Prepare(folder, listen, backend, TlsSides.None, certificates: null));
            using var loop = new EventLoop();
            var target = new IPEndPoint(IPAddress.Loopback, listen);
            var traffic = new TrafficState(loop, target);
            _ = new BackendListener(traffic, new IPEndPoint(IPAddress.Loopback, backend));
            ReadyProbe.Wait(loop, target, tls: null, ReadyTimeout);
            return Run(loop, traffic, () => Libc.Kill(server.Id, proxy.SoftStopSignal));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    protected abstract (double Value, string Text) Run(EventLoop loop, TrafficState traffic, Action stopProxy);
}
