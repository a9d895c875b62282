using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>An engine over real sockets on a loopback address. The engine belongs to the bed.</summary>
internal class SocketBed(IPAddress address, ITransport transport) : TransportBed
{
    // Of what hangs; the machine may be busy with other tests.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static bool HasIPv6Loopback { get; } = CanBind(IPAddress.IPv6Loopback);

    public override ITransport Transport => transport;

    /// <summary>All of 127.0.0.0/8 is this machine, on Linux.</summary>
    public override IReadOnlyList<IPAddress> Sources =>
        !address.Equals(IPAddress.Loopback) ? [address] : OperatingSystem.IsLinux() ? [IPAddress.Parse("127.0.0.2"), IPAddress.Parse("127.0.0.3")] : [];

    public override EndPoint FreeAddress => new IPEndPoint(address, 0);

    public static async Task RunAsync(Func<SocketBed> makeBed, Func<TransportBed, Task> test)
    {
        await using var bed = makeBed();
        await test(bed).WaitAsync(Limit, TestContext.Current.CancellationToken);
    }

    /// <summary>A listener that never accepts, with its backlog full: the kernel drops SYNs then, on loopback, too.</summary>
    public override async Task<EndPoint> SilentAddressAsync()
    {
        var options = new TransportListenOptions { EndPoint = FreeAddress, Backlog = 1 };
        var listener = Own(await Transport.ListenAsync(options, TestContext.Current.CancellationToken));

        // One in vain may have been the machine's fault, which is busy with other tests.
        for (var inVain = 0; inVain < 3;)
        {
            var connected = await Transport.ConnectAsync(listener.LocalEndPoint, new TransportConnectOptions { Timeout = TimeSpan.FromMilliseconds(100) }, CancellationToken.None);
            inVain = connected.Connection is null ? inVain + 1 : 0;
            if (connected.Connection is { } connection)
            {
                Own(connection);
            }
        }

        return listener.LocalEndPoint;
    }

    /// <summary>A listening socket that was shut down: on Linux accept(2) says EINVAL from then on.</summary>
    public override async Task<ITransportListener?> ListenInVainAsync(IConnectionHandler handler)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        var listener = Own(await Transport.ListenAsync(new TransportListenOptions { Handle = socket.SafeHandle }, TestContext.Current.CancellationToken));
        listener.Start(handler);
        socket.Shutdown(SocketShutdown.Both);
        return listener;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await transport.DisposeAsync();
    }

    public override Task RunElsewhereAsync(Action action) => Task.Run(action);

    public override Task PauseAsync() => Task.Delay(1, TestContext.Current.CancellationToken);

    private static bool CanBind(IPAddress address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

/// <summary>An engine on Unix-domain sockets.</summary>
internal sealed class UnixSocketBed(ITransport transport) : SocketBed(IPAddress.Loopback, transport)
{
    public override bool IsTcp => false;

    public override EndPoint FreeAddress => new UnixDomainSocketEndPoint(Path.Combine(Path.GetTempPath(), $"lt-{Guid.NewGuid():N}.sock"));
}
