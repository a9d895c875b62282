using System.Net;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Testing;

/// <summary>One attempt to connect: SYN, its repetitions, and the answer.</summary>
internal sealed class SimulatedConnectAttempt(SimulatedHost host, EndPoint to, TransportConnectOptions options, CancellationToken cancellationToken)
{
    // tcp_syn_retries = 6 of Linux: SYNs after 0, 1, 3, 7, 15, 31 and 63 s, the end after 127 s.
    private static readonly TimeSpan SystemTimeout = TimeSpan.FromSeconds(127);
    private static readonly TcpOptions DefaultTcp = new();

    private readonly SimulatedNetwork _network = host.Network;
    private readonly TaskCompletionSource<ConnectResult> _result = new();
    private readonly IPEndPoint _from = host.NextLocalEndPoint(SourceFor(options, to));
    private CancellationTokenRegistration _cancelling;
    private ScheduledItem? _timeout;
    private ScheduledItem? _nextSyn;
    private TimeSpan _synInterval = TimeSpan.FromSeconds(1);

    public Task<ConnectResult> Result => _result.Task;

    private SimulatedScheduler Scheduler => _network.Scheduler;

    private SimulatedLinkOptions Link => _network.Endpoint(to).Link ?? _network.DefaultLink;

    public void Start()
    {
        if (cancellationToken.IsCancellationRequested)
        {
            _result.SetResult(ConnectResult.Failed(ConnectFailure.Cancelled));
            return;
        }

        if (!host.HasAddress(_from.Address))
        {
            _result.SetResult(ConnectResult.Failed(ConnectFailure.LocalResources, $"cannot connect from {_from.Address}: the address is not one of this machine's"));
            return;
        }

        if (!host.TryTakeDescriptor())
        {
            _result.SetResult(ConnectResult.Failed(ConnectFailure.LocalResources, "Too many open files"));
            return;
        }

        var limit = options.Timeout == Timeout.InfiniteTimeSpan || options.Timeout > SystemTimeout ? SystemTimeout : options.Timeout;
        _timeout = Scheduler.Schedule(limit, _ => Fail(ConnectFailure.TimedOut, "Connection timed out"), null);
        _cancelling = cancellationToken.Register(() => Scheduler.Post(_ => Fail(ConnectFailure.Cancelled), null));
        SendSyn();
    }

    private static IPAddress? SourceFor(in TransportConnectOptions options, EndPoint to) =>
        to is IPEndPoint ip && options.Source?.AddressFamily == ip.AddressFamily ? options.Source : null;

    private void SendSyn()
    {
        After(Link.Latency, OnSynArrived);
        _nextSyn = Scheduler.Schedule(_synInterval, _ => SendSyn(), null);
        _synInterval *= 2;
    }

    private void OnSynArrived()
    {
        if (_result.Task.IsCompleted)
        {
            return;
        }

        var endpoint = _network.Endpoint(to);
        endpoint.Attempts++;
        if (endpoint.IsSilent)
        {
            return;
        }

        var failure = endpoint.Failure;
        var listener = _network.FindListener(to);
        if (failure == ConnectFailure.None && listener is null)
        {
            failure = ConnectFailure.Refused;
        }

        if (failure != ConnectFailure.None)
        {
            After(Link.Latency, () => Fail(failure, failure.ToString()));
        }
        else if (listener!.TryReserve())
        {
            _nextSyn?.Cancel();
            var link = _network.AddLink(_from, to, Link);
            link.ServerSocket.Listener = listener;
            After(Link.Latency + endpoint.ConnectDelay, () => Establish(link));
        }
    }

    private void Establish(SimulatedLink link)
    {
        // Sent after a give-up too: the listener then accepts a connection that is reset at once, as it would from a kernel.
        link.ToServer.Send(new SimulatedSegment(SegmentKind.Established));
        if (_result.Task.IsCompleted)
        {
            link.ClientSocket.Abort();
            return;
        }

        var connection = new SimulatedConnection(host, link, link.ClientSocket, options.Tcp ?? DefaultTcp, _from, to);
        link.Client = connection;
        Finish(ConnectResult.Connected(connection));
    }

    private void Fail(ConnectFailure failure, string? detail = null)
    {
        if (!_result.Task.IsCompleted)
        {
            host.ReturnDescriptor();
            Finish(ConnectResult.Failed(failure, detail));
        }
    }

    private void Finish(ConnectResult result)
    {
        _timeout?.Cancel();
        _nextSyn?.Cancel();
        _cancelling.Dispose();
        _result.TrySetResult(result);
    }

    private void After(TimeSpan delay, Action action) => Scheduler.Schedule(delay, static action => ((Action)action!)(), action);
}
