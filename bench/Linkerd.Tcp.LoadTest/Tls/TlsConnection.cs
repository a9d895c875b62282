using System.Runtime.InteropServices;
using Linkerd.Tcp.LoadTest.Native;

namespace Linkerd.Tcp.LoadTest.Tls;

/// <summary>TLS on one socket of the load, which looks like send() and recv(): -1 with an error number, 0 at the end of the stream.</summary>
internal sealed unsafe class TlsConnection(TlsEndpoint endpoint, nint ssl)
{
    // A write that is repeated must have the same length, so it is one record.
    private const int RecordLength = 16 * 1024;
    private bool _hasData;
    private bool _isBroken;

    /// <summary>Why the last call failed, if it was TLS that failed.</summary>
    public string? Reason { get; private set; }

    /// <summary>Sends as much as the socket takes.</summary>
    public nint Send(byte* buffer, int length)
    {
        var sent = 0;
        while (sent < length)
        {
            Libssl.ClearErrors();
            var written = Libssl.Write(ssl, buffer + sent, Math.Min(length - sent, RecordLength));
            if (written <= 0)
            {
                return sent > 0 ? sent : Failed(written);
            }

            sent += written;
        }

        return sent;
    }

    /// <summary>Receives at most one record.</summary>
    public nint Receive(byte* buffer, int length)
    {
        Libssl.ClearErrors();
        var received = Libssl.Read(ssl, buffer, length);
        if (received <= 0)
        {
            return Failed(received);
        }

        if (!_hasData)
        {
            _hasData = true;
            endpoint.Count(Libssl.IsResumed(ssl) == 1);
        }

        return received;
    }

    /// <summary>Receives and forgets: about <paramref name="length"/> bytes, or what there is.</summary>
    public nint Drop(byte* scratch, int length)
    {
        nint dropped = 0;
        while (dropped < length)
        {
            var received = Receive(scratch, RecordLength);
            if (received <= 0)
            {
                return dropped > 0 ? dropped : received;
            }

            dropped += received;
        }

        return dropped;
    }

    /// <summary>Sends close_notify and frees the connection. The socket stays open.</summary>
    public void Close()
    {
        if (!_isBroken)
        {
            Libssl.ClearErrors();
            _ = Libssl.Shutdown(ssl);
        }

        if (_hasData)
        {
            endpoint.Keep(ssl);
        }

        Libssl.Free(ssl);
    }

    private nint Failed(int result)
    {
        var error = ErrorNumber.Last;
        switch (Libssl.GetError(ssl, result))
        {
            case Libssl.WantRead or Libssl.WantWrite:
                Marshal.SetLastPInvokeError(ErrorNumber.TryAgain);
                return -1;

            case Libssl.CloseNotifyReceived:
                return 0;

            case Libssl.SystemCallFailed:
                _isBroken = true;
                Marshal.SetLastPInvokeError(error);
                return -1;

            default:
                _isBroken = true;
                Reason = $"TLS: {Libssl.TakeError() ?? "failed"}";
                Marshal.SetLastPInvokeError(ErrorNumber.ProtocolError);
                return -1;
        }
    }
}
