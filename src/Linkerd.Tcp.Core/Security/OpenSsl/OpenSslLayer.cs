using System.Diagnostics.CodeAnalysis;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>
/// TLS by libssl under a connection of an event loop: one receive brings many records, and one send takes many. The peer's close_notify is its FIN, and its FIN is a close_notify, then a FIN; byte
/// counters count plaintext. An idle connection has no buffer. On the loop.
/// </summary>
/// <remarks>
/// Records that the kernel takes in part are kept encrypted, and counted as not sent: the caller sends their plaintext once more, and it is not encrypted again. So a blocked direction holds at most two
/// windows, the plaintext of the caller and the records of the layer.
/// </remarks>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The connection closes it.")]
internal sealed unsafe class OpenSslLayer : ConnectionLayer, ITlsSession
{
    private const int RecordPlaintext = 16 * 1024;

    // A record of 16 KiB with its header, a tag, and perhaps an explicit nonce and padding (RFC 5246, section 6.2.3), and a message that goes before it.
    private const int RecordRoom = RecordPlaintext + 512;

    // The peer may send messages without data (KeyUpdate) without end.
    private const int MaxInOneGo = 256 * 1024;

    // A peer that asks for answers (KeyUpdate) and reads none.
    private const int MaxUnsent = 256 * 1024;

    private readonly ILayerSocket _socket;
    private readonly OpenSslSession _session;
    private readonly OpenSslMemory _memory;
    private PendingBytes _input;
    private PendingBytes _output;
    private int _encrypted;
    private bool _isHeldBack;
    private bool _sessionHasInput;
    private bool _isOverfull;
    private bool _hasEndedSend;
    private bool _endWaits;
    private volatile bool _wasTruncated;

    /// <summary>Takes a session over whose handshake is complete.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="session">The session.</param>
    /// <param name="details">The result of the handshake.</param>
    /// <param name="input">Bytes of the peer that the handshake has received and not used. They are copied.</param>
    /// <param name="output">Bytes that end the handshake. They are copied, and held back for the first send.</param>
    public OpenSslLayer(ILayerSocket socket, OpenSslSession session, TlsDetails details, ReadOnlySpan<byte> input, ReadOnlySpan<byte> output)
    {
        (_socket, _session, _memory, Details) = (socket, session, session.Memory, details);
        _input.Add(input);
        _output.Add(output);
        _isHeldBack = output.Length is > 0 and <= RecordPlaintext;
        _sessionHasInput = session.HasPending;
    }

    public string? ServerName { get; set; }

    public bool HasAskedForTls { get; set; }

    public TlsDetails Details { get; }

    public TlsInstruments? Instruments { get; set; }

    public TlsTruncation Truncation { get; set; }

    public override bool HasInput => _sessionHasInput || _input.Count > 0;

    public override bool HasOutput => (_output.Count > 0 && !_isHeldBack) || _endWaits;

    public override bool WasTruncated => _wasTruncated;

    public override bool TryRead(byte* buffer, int length, out int count, out TransportStatus end)
    {
        var hasResult = TryReadRecords(buffer, length, out count, out end);
        if (_endWaits)
        {
            _endWaits = false;
            if (!hasResult || count > 0)
            {
                EndSend();
            }

            if (!_endWaits)
            {
                _socket.FlushLayerLater();
            }
        }

        return hasResult;
    }

    public override TransportStatus Send(byte* data, int length, out int sent)
    {
        sent = 0;
        if (_session.HasFailed)
        {
            return TransportStatus.Reset;
        }

        if (HasOutput && FlushOutput() is var flushed && (flushed != TransportStatus.Ok || HasOutput))
        {
            return flushed;
        }

        // These are sent now: they were encrypted by the send that was not taken whole.
        sent = Math.Min(_encrypted, length);
        _encrypted = 0;
        var status = TransportStatus.Ok;
        for (var taken = 1; taken > 0 && sent < length && status == TransportStatus.Ok && !HasOutput; sent += taken)
        {
            status = SendRecords(data + sent, length - sent, out taken);
        }

        _socket.CountSent(sent);
        return status;
    }

    public override void Flush()
    {
        if (_output.Count > 0)
        {
            FlushOutput();
        }
    }

    public override void EndSend()
    {
        if (!_hasEndedSend && !_session.HasFailed)
        {
            var window = _memory.Window;
            window->Begin(null, 0);

            // OpenSSL encrypts nothing while a message of the peer has not come as a whole.
            _endWaits = !_session.TryCloseNotify();
            if (!_endWaits)
            {
                SendWindow(isLast: true);
                _hasEndedSend = true;
            }
        }
    }

    public override void Close()
    {
        _session.Dispose();
        _input.Clear();
        _output.Clear();
    }

    private bool TryReadRecords(byte* buffer, int length, out int count, out TransportStatus end)
    {
        for (var taken = 0; taken < MaxInOneGo;)
        {
            if (_session.HasFailed || _isOverfull)
            {
                (count, end) = (0, _socket.EndRead(TransportStatus.Reset));
                return true;
            }

            var window = _memory.Window;
            if (_input.Count > 0)
            {
                // An earlier read had no room for them.
                fixed (byte* input = _input.Array)
                {
                    window->Begin(input + _input.Start, _input.Count);
                    taken += _input.Count;
                    if (TryDecrypt(buffer, length, out count, out end))
                    {
                        return true;
                    }
                }
            }
            else if (_sessionHasInput)
            {
                window->Begin(null, 0);
                if (TryDecrypt(buffer, length, out count, out end))
                {
                    return true;
                }
            }
            else
            {
                // The plaintext, with that of a record that had begun before, fits into the buffer, or the rest waits in the input.
                var room = Math.Clamp(length - RecordPlaintext, RecordRoom, OpenSslMemory.InputSize);
                if (!_socket.TryReadSocket(_memory.Input, room, out var received, out end))
                {
                    count = 0;
                    return false;
                }

                if (received == 0)
                {
                    (count, end) = (0, end == TransportStatus.Ok ? EndOfCutStream() : end);
                    return true;
                }

                window->Begin(_memory.Input, received);
                taken += received;
                if (TryDecrypt(buffer, length, out count, out end))
                {
                    return true;
                }
            }
        }

        // Others have their turn.
        _socket.ReadLater();
        (count, end) = (0, TransportStatus.Ok);
        return false;
    }

    private bool TryDecrypt(byte* buffer, int length, out int count, out TransportStatus end)
    {
        var window = _memory.Window;
        _sessionHasInput = false;
        count = 0;
        OpenSslStatus status;
        while (true)
        {
            status = _session.Decrypt(buffer + count, length - count, out var read);
            count += read;
            if (status == OpenSslStatus.Complete)
            {
                // A read returns the bytes of one record.
                if (count == length)
                {
                    _sessionHasInput = _session.HasPending;
                    break;
                }
            }
            else if (status != OpenSslStatus.NeedsRoom || !SendWindow())
            {
                break;
            }
        }

        KeepInput();
        if (window->OutputLength > 0 && !SendWindow())
        {
            status = OpenSslStatus.NeedsRoom;
        }

        if (count > 0)
        {
            // The next read returns an end that came with them.
            _isOverfull = status == OpenSslStatus.NeedsRoom;
            _sessionHasInput |= status is OpenSslStatus.Closed or OpenSslStatus.Failed || _isOverfull;
            _socket.CountReceived(count);
            end = TransportStatus.Ok;
            return true;
        }

        end = status switch
        {
            OpenSslStatus.Closed => _socket.EndRead(TransportStatus.Ok),
            OpenSslStatus.Failed or OpenSslStatus.NeedsRoom => _socket.EndRead(TransportStatus.Reset),
            _ => TransportStatus.Ok,
        };
        return status is OpenSslStatus.Closed or OpenSslStatus.Failed or OpenSslStatus.NeedsRoom;
    }

    private void KeepInput()
    {
        var window = _memory.Window;
        if (_input.Count > 0)
        {
            // They are there.
            _input.Remove(_input.Count - (int)window->InputLength);
        }
        else
        {
            _input.Add(new ReadOnlySpan<byte>((byte*)window->Input, (int)window->InputLength));
        }

        window->InputLength = 0;
    }

    private TransportStatus SendRecords(byte* data, int length, out int sent)
    {
        var window = _memory.Window;
        window->Begin(null, 0);
        if (_isHeldBack)
        {
            _output.Bytes.CopyTo(new Span<byte>(window->Output, OpenSslMemory.OutputSize));
            window->OutputLength = _output.Count;
            _output.Clear();
            _isHeldBack = false;
        }

        var ends = stackalloc int[(OpenSslMemory.OutputSize / RecordRoom) + 1];
        var (plain, records) = (0, 0);
        sent = 0;
        while (plain < length && window->OutputLength + RecordRoom <= window->OutputCapacity)
        {
            var outcome = _session.Encrypt(data + plain, Math.Min(RecordPlaintext, length - plain), out var encrypted);
            if (outcome == OpenSslStatus.NeedsInput)
            {
                // OpenSSL encrypts nothing while a message of the peer, such as a ticket, has not come as a whole. The event of its rest reaches the writer as well.
                break;
            }

            if (outcome != OpenSslStatus.Complete)
            {
                return TransportStatus.Reset;
            }

            plain += encrypted;
            ends[records++] = (int)window->OutputLength;
        }

        var output = (int)window->OutputLength;
        var status = _socket.SendSocket(window->Output, output, out var taken);
        if (status == TransportStatus.Ok && taken < output)
        {
            for (var record = 0; record < records && ends[record] <= taken; record++)
            {
                sent += Math.Min(RecordPlaintext, length - sent);
            }

            _encrypted = plain - sent;
            _output.Add(_memory.Output.Span[taken..]);
        }
        else if (status == TransportStatus.Ok)
        {
            sent = plain;
        }

        return status;
    }

    // Messages of the protocol itself, behind what is there already. False if the peer has not taken so much that no more is kept; the socket reports an error itself, to the next operation.
    private bool SendWindow(bool isLast = false)
    {
        var window = _memory.Window;
        var output = _memory.Output.Span;
        window->OutputLength = 0;
        if (_hasEndedSend)
        {
            // Nothing follows a close_notify (RFC 8446, section 6.1), such as the answer to a KeyUpdate: the FIN may have been sent.
            return true;
        }

        var taken = 0;
        if (_output.Count == 0 && _socket.SendSocket(window->Output, output.Length, out taken, isLast) != TransportStatus.Ok)
        {
            return true;
        }

        _output.Add(output[taken..]);
        if (_isHeldBack)
        {
            FlushOutput(isLast);
        }

        return _output.Count <= MaxUnsent;
    }

    private TransportStatus FlushOutput(bool isLast = false)
    {
        _isHeldBack = false;
        TransportStatus status;
        int taken;
        fixed (byte* output = _output.Array)
        {
            status = _socket.SendSocket(output + _output.Start, _output.Count, out taken, isLast);
        }

        if (status != TransportStatus.Ok)
        {
            // What was encrypted is lost, and not sent; the next send has the error.
            taken = _output.Count;
            _encrypted = 0;
        }

        _output.Remove(taken);
        return status;
    }

    private TransportStatus EndOfCutStream()
    {
        _wasTruncated = true;
        Instruments?.Truncated();
        return _socket.EndRead(Truncation switch
        {
            TlsTruncation.Fin => TransportStatus.Ok,
            TlsTruncation.Reset => TransportStatus.Reset,
            _ => TransportStatus.Truncated,
        });
    }
}
