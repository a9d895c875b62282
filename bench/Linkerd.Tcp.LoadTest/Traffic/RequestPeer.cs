using System.Diagnostics;
using Linkerd.Tcp.LoadTest.Loop;
using Linkerd.Tcp.LoadTest.Native;

namespace Linkerd.Tcp.LoadTest.Traffic;

/// <summary>A client with one message in flight: sends it, waits for as many bytes to come back.</summary>
internal sealed unsafe class RequestPeer(TrafficState traffic, IRequestOwner owner, int payload) : Peer
{
    private int _missing;
    private bool _isUnsent;

    /// <summary>When the present message was sent, or its connection begun.</summary>
    public long Started { get; private set; }

    /// <summary>Echoes on the present connection.</summary>
    public long RoundTrips { get; private set; }

    /// <summary>Connects and sends the first message.</summary>
    public void Open()
    {
        Started = Stopwatch.GetTimestamp();
        var descriptor = NativeSocket.Connect(traffic.NextSource(), traffic.Target);
        if (descriptor < 0)
        {
            traffic.Fail("connect", ErrorNumber.Last);
            owner.OnFailed(this);
            return;
        }

        // On loopback the connection is often there when connect() returns, and the message can go with it.
        _missing = payload;
        RoundTrips = 0;
        Descriptor = descriptor;
        Tls = traffic.TlsClient?.Open(descriptor);
        _isUnsent = SendBytes(Buffers.Message, payload) != payload;
        if (_isUnsent && ErrorNumber.Last is var error && error != ErrorNumber.TryAgain)
        {
            Abandon();
            traffic.Fail("connect", error);
            owner.OnFailed(this);
            return;
        }

        traffic.Loop.Add(this, descriptor, _isUnsent ? ReadAndWrite : ReadOnly);
    }

    /// <summary>Sends the next message.</summary>
    public void SendAgain(long now)
    {
        Started = now;
        _missing = payload;
        Send();
    }

    public void Close() => traffic.Loop.Close(this);

    public override void OnReady(uint events)
    {
        if (_isUnsent && !Send())
        {
            return;
        }

        while (true)
        {
            var received = (int)ReceiveBytes(Buffers.Scratch, Buffers.ScratchLength);
            if (received <= 0)
            {
                if (received == 0 || ErrorNumber.Last != ErrorNumber.TryAgain)
                {
                    Fail(received == 0 ? "client: closed by the proxy" : $"client recv: {LastError}");
                }

                return;
            }

            _missing -= received;
            if (_missing < 0)
            {
                Fail("client: more came back than was sent");
                return;
            }

            // Behind the echo there is nothing, so TLS is not asked until it says so.
            var isLast = Tls is null ? received < Buffers.ScratchLength : _missing == 0;
            if (_missing == 0)
            {
                RoundTrips++;
                if (!owner.OnEcho(this, Stopwatch.GetTimestamp()))
                {
                    return;
                }
            }

            if (Descriptor < 0 || (isLast && !IsEndNear(events)))
            {
                return;
            }
        }
    }

    private bool Send()
    {
        var sent = SendBytes(Buffers.Message, payload);
        if (sent == payload)
        {
            _isUnsent = false;
            return true;
        }

        if (!_isUnsent || sent >= 0 || ErrorNumber.Last != ErrorNumber.TryAgain)
        {
            Fail(sent >= 0 ? "client send: short" : $"client send: {LastError}");
        }

        return false;
    }

    // The socket is not in the loop yet.
    private void Abandon()
    {
        Tls?.Close();
        Tls = null;
        _ = Libc.Close(Descriptor);
        Descriptor = -1;
    }

    private void Fail(string what)
    {
        traffic.Fail(what);
        Close();
        owner.OnFailed(this);
    }
}
