using Linkerd.Tcp.LoadTest.Loop;
using Linkerd.Tcp.LoadTest.Native;

namespace Linkerd.Tcp.LoadTest.Traffic;

/// <summary>One end of a stream: remembers what the socket is ready for, and moves one piece each way in a turn.</summary>
internal abstract unsafe class StreamPeer(TrafficState traffic) : TurnPeer
{
    private bool _isReadable;
    private bool _isWritable;
    private bool _isEnding;
    private Role? _unsentRole;

    /// <summary>All bytes that arrived here.</summary>
    public long Received { get; protected set; }

    protected TrafficState Traffic { get; } = traffic;

    /// <summary>Whether there is something to send now; may schedule a later turn.</summary>
    protected abstract bool HasMoreToSend();

    /// <summary>Sends one piece; returns what send() did, and in <paramref name="asked"/> what it was asked for.</summary>
    protected abstract nint Send(out int asked);

    /// <summary>Receives one piece; returns what recv() did, and in <paramref name="asked"/> what it was asked for.</summary>
    protected abstract nint Receive(out int asked);

    /// <summary>The other side has ended the stream.</summary>
    protected abstract void OnEnd();

    /// <summary>The client's end: connects, and asks the backend for its part.</summary>
    public void Open(Role role)
    {
        var descriptor = NativeSocket.Connect(Traffic.NextSource(), Traffic.Target);
        if (descriptor < 0)
        {
            Traffic.Fail("connect", ErrorNumber.Last);
            return;
        }

        _unsentRole = role;
        Tls = Traffic.TlsClient?.Open(descriptor);
        Traffic.Loop.Add(this, descriptor, ReadAndWrite);
    }

    /// <summary>The backend's end: takes over a connection, with what was read of it already.</summary>
    public virtual void Begin(ReadOnlySpan<byte> first) => Received = first.Length;

    public override void OnReady(uint events)
    {
        _isEnding |= IsEndNear(events);

        // Bytes that TLS has taken from the socket bring no event.
        _isReadable |= (events & Constants.Readable) != 0 || _isEnding || Tls is not null;
        _isWritable |= (events & Constants.Writable) != 0;
        Traffic.Loop.Schedule(this);
    }

    public override void TakeTurn()
    {
        if (Descriptor < 0 || (_unsentRole is not null && !SendRole()))
        {
            return;
        }

        if (_isReadable)
        {
            var received = Receive(out var asked);
            if (received == 0)
            {
                OnEnd();
                return;
            }

            // An end that came with the last bytes brings no event of its own.
            _isReadable = Continue(received, asked, "recv") || (_isEnding && received > 0);
        }

        if (Descriptor >= 0 && _isWritable && HasMoreToSend())
        {
            var sent = Send(out var asked);
            _isWritable = Continue(sent, asked, "send");
            if (_isWritable && HasMoreToSend())
            {
                Traffic.Loop.Schedule(this);
            }
        }

        if (Descriptor >= 0 && _isReadable)
        {
            Traffic.Loop.Schedule(this);
        }
    }

    protected void Fail(string what)
    {
        Traffic.Fail(what);
        Traffic.Loop.Close(this);
    }

    private bool Continue(nint moved, int asked, string call)
    {
        if (moved < 0 && ErrorNumber.Last != ErrorNumber.TryAgain)
        {
            Fail($"stream {call}: {LastError}");
        }

        return moved == asked || (moved > 0 && Tls is not null);
    }

    private bool SendRole()
    {
        var role = (byte)_unsentRole!.Value;
        if (SendBytes(&role, 1) == 1)
        {
            _unsentRole = null;
            return true;
        }

        _ = Continue(-1, 1, "connect");
        return false;
    }
}
