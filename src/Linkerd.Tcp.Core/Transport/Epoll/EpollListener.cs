using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>A listening socket that all loops share: a loop that is woken accepts, and hands the connection to the loop that has fewer.</summary>
internal sealed class EpollListener : ITransportListener
{
    private readonly EpollTransport _transport;
    private readonly FileDescriptorHandle _socket;
    private readonly SafeSocketHandle? _inherited;
    private readonly CancellationTokenSource _stopping = new();
    private LoopAcceptor[] _acceptors = [];
    private volatile TransportListenOptions _options;
    private int _started;
    private int _disposed;

    private EpollListener(EpollTransport transport, TransportListenOptions options, int descriptor, SafeSocketHandle? inherited)
    {
        _transport = transport;
        _options = options;
        _inherited = inherited;
        _socket = new FileDescriptorHandle(descriptor);
        Family = SocketOptions.FamilyOf(descriptor);
        LocalEndPoint = ReadLocalEndPoint(descriptor) ?? options.EndPoint!;
    }

    public EndPoint LocalEndPoint { get; }

    public TransportListenOptions Options => _options;

    public int Family { get; }

    public int Descriptor => _socket.Number;

    /// <summary>Cancelled when accepting ends.</summary>
    public CancellationToken Stopping => _stopping.Token;

    public static unsafe EpollListener Bind(EpollTransport transport, TransportListenOptions options)
    {
        if (options.Handle is { } handle)
        {
            return Inherit(transport, options, handle);
        }

        var endPoint = options.EndPoint!;
        var family = NativeSocketAddress.FamilyOf(endPoint);
        var descriptor = LinuxCalls.Socket(family, 1 | LinuxCalls.NonBlocking | LinuxCalls.CloseOnExec, 0);
        if (descriptor < 0)
        {
            throw Failure(endPoint, Errno.Last);
        }

        if (family != NativeSocketAddress.Unix)
        {
            SocketOptions.ReuseAddress(descriptor);
            if (family == NativeSocketAddress.IPv6)
            {
                SocketOptions.OnlyIPv6(descriptor, !options.IsDual);
            }

            SocketOptions.Apply(descriptor, options.Tcp);
        }

        var address = stackalloc byte[NativeSocketAddress.MaximumLength];
        var length = NativeSocketAddress.Write(endPoint, new Span<byte>(address, NativeSocketAddress.MaximumLength));
        if (LinuxCalls.Bind(descriptor, address, length) != 0 || LinuxCalls.Listen(descriptor, options.Backlog) != 0)
        {
            var error = Errno.Last;
            _ = LinuxCalls.Close(descriptor);
            throw Failure(endPoint, error);
        }

        return new(transport, options, descriptor, inherited: null);
    }

    /// <summary>This listener's place on a loop.</summary>
    public LoopAcceptor AcceptorOf(EpollLoop loop) => _acceptors[loop.Index];

    public void Start(IConnectionHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        if (Interlocked.Exchange(ref _started, 1) != 0)
        {
            throw new InvalidOperationException("The listener was started before.");
        }

        var handOut = new ConnectionHandOut(handler, Options.Limit, LocalEndPoint, _transport.Logger, TimeProvider.System);
        _acceptors = [.. _transport.Loops.Select(loop => new LoopAcceptor(this, _transport, loop, handOut))];
        foreach (var acceptor in _acceptors)
        {
            acceptor.Start();
        }
    }

    public string? FindObstacle(TransportListenOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return _options.FindObstacle(options);
    }

    public void Change(TransportListenOptions options)
    {
        var next = _options.With(options);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        var isHeld = false;
        _socket.DangerousAddRef(ref isHeld);
        try
        {
            // An inherited socket has been set up by another process, which may use it still.
            if (_inherited is null)
            {
                ChangeSocket(next);
            }

            _options = next;
        }
        finally
        {
            _socket.DangerousRelease();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        foreach (var acceptor in _acceptors)
        {
            await acceptor.StopAsync().ConfigureAwait(false);
        }

        // Another process may go on accepting from an inherited socket: it is left as it is.
        if (_inherited is null && _acceptors.Length > 0)
        {
            await _acceptors[0].DrainAsync(new BacklogDrain(Options, LocalEndPoint, IgnoreNewClients(), TimeProvider.System)).ConfigureAwait(false);
        }

        // Connections that one loop had accepted may still have been on their way to another.
        foreach (var acceptor in _acceptors)
        {
            await acceptor.HandOutAsync().ConfigureAwait(false);
        }

        Close();
        _stopping.Dispose();
    }

    private void ChangeSocket(TransportListenOptions next)
    {
        // A socket that listens takes another backlog, and loses no client (inet_listen in Linux's af_inet.c, unix_listen in af_unix.c).
        if (next.Backlog != _options.Backlog && LinuxCalls.Listen(Descriptor, next.Backlog) != 0)
        {
            throw Failure(LocalEndPoint, Errno.Last);
        }

        if (Family != NativeSocketAddress.Unix)
        {
            SocketOptions.Change(Descriptor, next.Tcp);
        }
    }

    private static EpollListener Inherit(EpollTransport transport, TransportListenOptions options, SafeSocketHandle handle)
    {
        var descriptor = (int)handle.DangerousGetHandle();
        if (!SocketOptions.IsListening(descriptor))
        {
            throw new TransportException($"cannot listen on the inherited descriptor {descriptor}: it is not a listening socket");
        }

        // Loops must never wait in accept.
        var flags = LinuxCalls.Control(descriptor, LinuxCalls.GetFlags, 0);
        _ = LinuxCalls.Control(descriptor, LinuxCalls.SetFlags, flags | LinuxCalls.NonBlocking);
        return new(transport, options, descriptor, handle);
    }

    private static TransportException Failure(EndPoint endPoint, int error) => new(
        $"cannot listen on {endPoint}: {(Errno.IsForbidden(error) ? Forbidden.ToListen(endPoint) : Errno.Message(error))}");

    private static unsafe EndPoint? ReadLocalEndPoint(int descriptor)
    {
        var address = stackalloc byte[NativeSocketAddress.MaximumLength];
        var length = NativeSocketAddress.MaximumLength;
        return LinuxCalls.GetLocalAddress(descriptor, address, ref length) == 0
            ? NativeSocketAddress.Read(new ReadOnlySpan<byte>(address, Math.Min(length, NativeSocketAddress.MaximumLength)))
            : null;
    }

    // A Unix-domain socket refuses new clients from then on, and keeps those that it has (unix_stream_connect in Linux's af_unix.c).
    private bool IgnoreNewClients() =>
        Family == NativeSocketAddress.Unix ? LinuxCalls.Shutdown(Descriptor, LinuxCalls.ShutdownReceive) == 0 : SocketOptions.IgnoreNewClients(Descriptor);

    private void Close()
    {
        if (_inherited is not null)
        {
            // The descriptor is the handle's.
            _socket.SetHandleAsInvalid();
            _inherited.Dispose();
            return;
        }

        _socket.Dispose();
        if (LocalEndPoint is UnixDomainSocketEndPoint && LocalEndPoint.ToString() is { Length: > 0 } path && path[0] != '@')
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // It stays, as it does after a crash.
                return;
            }
        }
    }
}
