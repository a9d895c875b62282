using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.OpenSsl;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Fuzz.Native;

/// <summary>One TLS connection of the OpenSSL provider over a socket of the C program: first its handshake, then its layer.</summary>
internal sealed unsafe class NativeSession : IDisposable
{
    // As on one event loop: all sessions share it.
    private static readonly OpenSslMemory Memory = new();

    private readonly byte[] _input = GC.AllocateUninitializedArray<byte>(OpenSslMemory.InputSize, pinned: true);
    private readonly NativeSocket _socket;
    private readonly OpenSslSession _session;
    private OpenSslLayer? _layer;

    public NativeSession(OpenSslSide side, NativeSocket socket)
    {
        _socket = socket;
        _session = new OpenSslSession(side, Memory);
    }

    public bool HasInput => _layer is { HasInput: true };

    public bool HasOutput => _layer is { HasOutput: true };

    /// <summary>Goes on with the handshake, as far as bytes are there.</summary>
    /// <returns>1: it is complete; 0: it waits; -1: it has failed, or the connection has ended.</returns>
    public int ProcessHandshake()
    {
        var input = ReadOnlySpan<byte>.Empty;
        while (true)
        {
            var status = OpenSslSetup.Step(_session, input, out var consumed);
            if (status == OpenSslStatus.Complete)
            {
                _layer = new OpenSslLayer(_socket, _session, OpenSslSetup.DetailsOf(_session), input[consumed..], Memory.Output.Span) { Truncation = TlsTruncation.Reset };
                if (!_session.EndsWithTickets)
                {
                    _layer.Flush();
                }

                return 1;
            }

            // A socket that takes a part of a flight is the connection's matter: here it takes all.
            var isSent = SendAll(Memory.Output.Span);
            switch (status)
            {
                case OpenSslStatus.NeedsRoom when isSent:
                    input = input[consumed..];
                    continue;
                case OpenSslStatus.NeedsInput when isSent:
                    break;
                default:
                    return -1;
            }

            fixed (byte* buffer = _input)
            {
                if (!_socket.TryReadSocket(buffer, _input.Length, out var count, out _))
                {
                    return 0;
                }

                if (count == 0)
                {
                    return -1;
                }

                input = _input.AsSpan(0, count);
            }
        }
    }

    /// <summary>Receives plaintext, with the rules of a connection.</summary>
    public bool TryRead(byte* buffer, int length, out int count, out TransportStatus end)
    {
        if (_socket.HasReadEnded)
        {
            (count, end) = (0, _socket.ReadEnd);
            return true;
        }

        _socket.IsReadPutOff = false;
        return _layer!.TryRead(buffer, length, out count, out end);
    }

    public TransportStatus Send(byte* data, int length, out int sent) => _layer!.Send(data, length, out sent);

    public void Flush()
    {
        if (HasOutput)
        {
            _layer!.Flush();
        }
    }

    public void EndSend() => _layer!.EndSend();

    public void Dispose()
    {
        _socket.IsClosed = true;
        if (_layer is null)
        {
            _session.Dispose();
        }
        else
        {
            _layer.Close();
        }
    }

    private bool SendAll(ReadOnlySpan<byte> data)
    {
        fixed (byte* start = data)
        {
            for (var at = 0; at < data.Length;)
            {
                if (_socket.SendSocket(start + at, data.Length - at, out var sent) != TransportStatus.Ok)
                {
                    return false;
                }

                at += sent;
            }
        }

        return true;
    }
}
