namespace Linkerd.Tcp.Transport.Epoll;

// The end of a connection, for the loop's thread. FINs and closes wait for the end of the turn, where those of all connections are done together: then
// the kernel's code for them is in the processor's cache, and a connection that is closed by then needs no call for its FIN.
internal sealed partial class EpollConnection
{
    /// <summary>Sends the FIN that was put off. At the end of a turn, and before the kernel is queried for acknowledgements.</summary>
    public void SendDeferredFin()
    {
        if ((_state & SocketState.FinDeferred) != 0)
        {
            _state &= ~SocketState.FinDeferred;
            SendFin();
        }
    }

    void ILoopWork.Run()
    {
        SendDeferredFin();
        if (_descriptor < 0)
        {
            _reader?.OnClosed();
            _writer?.OnClosed();
        }
    }

    private void ShutdownNow()
    {
        if ((_state & SocketState.SendShutdown) != 0)
        {
            return;
        }

        _state |= SocketState.SendShutdown;
        if (IsUnix)
        {
            SendFin();
        }
        else
        {
            // At the end of the turn: by then it may be closed, which sends the FIN as well.
            _state |= SocketState.FinDeferred;
            Loop.Enqueue(this);
        }
    }

    private void SendFin()
    {
        if (_descriptor >= 0 && LinuxCalls.Shutdown(_descriptor, 1) != 0)
        {
            // The connection is gone already; a receive, or PeerGone, reports it.
            _peerGone = true;
        }
    }

    private void AbortNow()
    {
        if (_descriptor < 0)
        {
            return;
        }

        if (!IsUnix)
        {
            SocketOptions.ResetOnClose(_descriptor);
        }

        _ = LinuxCalls.Close(Detach());

        // Not at once: the caller of an abort is in the middle of other work.
        if (_reader is not null || _writer is not null)
        {
            Loop.Enqueue(this);
        }
    }

    /// <summary>Closes it. On the loop.</summary>
    public void DisposeNow()
    {
        if (_aborted)
        {
            // An abort from elsewhere may still be on its way here; closing would send a FIN in its stead.
            AbortNow();
        }
        else
        {
            _aborted = true;
            CloseInOrder();
        }

        _deadline?.Close();
        _receiver?.Release();
    }

    // A FIN that was put off is sent by closing, if nothing is left to be read; otherwise closing would reset the connection.
    private void CloseInOrder()
    {
        if (!HasReadEnded)
        {
            SendDeferredFin();
        }

        Loop.CloseLater(Detach());
    }

    private int Detach()
    {
        var descriptor = _descriptor;
        Loop.Forget(descriptor);
        lock (Loop.CloseLock)
        {
            _descriptor = -1;
        }

        Loop.RemoveConnection();
        _connector?.OnClosed();
        return descriptor;
    }
}
