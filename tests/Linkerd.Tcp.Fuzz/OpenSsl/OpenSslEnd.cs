using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Native;
using Linkerd.Tcp.Security.OpenSsl;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Fuzz.OpenSsl;

/// <summary>One end of a connection in memory: a session of ours in its handshake, and then the layer over it, as the setup of the product puts it there.</summary>
internal sealed unsafe partial class OpenSslEnd : IDisposable
{
    private const int ControlMaximumFragment = 52;
    private const int RecordPlaintext = 16 * 1024;

    private readonly byte[] _input = GC.AllocateUninitializedArray<byte>(OpenSslMemory.InputSize);
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(64 * 1024);
    private readonly List<byte> _unsent = [];
    private OpenSslLayer? _complete;
    private bool _hasBegun;
    private bool _isRefused;

    public OpenSslEnd(OpenSslSide side, OpenSslMemory memory) => Session = new OpenSslSession(side, memory);

    public OpenSslSession Session { get; }

    public LayerSocket Socket { get; } = new();

    /// <summary>The layer; null until the handshake is complete and its last flight was sent.</summary>
    public OpenSslLayer? Layer { get; private set; }

    /// <summary>Whether the session is that of a ticket.</summary>
    public bool WasResumed { get; private set; }

    /// <summary>Whether the handshake is over without a layer.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>The end of a stream that the peer cuts. Before the handshake is complete.</summary>
    public TlsTruncation Truncation { get; set; }

    /// <summary>Does what can be done of the handshake.</summary>
    public void Handshake()
    {
        fixed (byte* input = _input)
        {
            if (!_hasBegun && !Session.Side.IsServer)
            {
                Step(input, 0);
            }

            _hasBegun = true;
            while (TryFlush() && _complete is null && Socket.TryReadSocket(input, _input.Length, out var count, out _))
            {
                if (count == 0)
                {
                    HasFailed = true;
                    return;
                }

                Step(input, count);
            }
        }
    }

    /// <summary>Connects the sockets of two ends, and runs the handshake as far as it goes.</summary>
    public static void Connect(OpenSslEnd client, OpenSslEnd server)
    {
        client.Socket.OnSent = bytes => server.Socket.Arrive(bytes);
        server.Socket.OnSent = bytes => client.Socket.Arrive(bytes);
        for (var flights = 0; flights < 4; flights++)
        {
            client.Handshake();
            server.Handshake();
        }
    }

    /// <summary>Makes records with a session, past the layer and its socket.</summary>
    public byte[] Encrypt(ReadOnlySpan<byte> plaintext)
    {
        var window = Session.Memory.Window;
        window->Begin(null, 0);
        fixed (byte* data = plaintext)
        {
            if (Session.Encrypt(data, plaintext.Length, out var count) != OpenSslStatus.Complete || count != plaintext.Length)
            {
                throw new InvalidOperationException($"Of {plaintext.Length} bytes {count} were encrypted: {Session.Error}");
            }
        }

        return Session.Memory.Output.ToArray();
    }

    /// <summary>Makes a KeyUpdate, a message without data.</summary>
    /// <param name="isRequest">Whether the peer has to answer with one of its own.</param>
    public byte[] EncryptKeyUpdate(bool isRequest)
    {
        Session.Memory.Window->Begin(null, 0);
        if (SSL_key_update(SslOf(Session), isRequest ? 1 : 0) != 1)
        {
            throw new InvalidOperationException($"no KeyUpdate: {OpenSslErrors.Take()}");
        }

        _ = Session.ProcessHandshake();
        return Session.Memory.Output.ToArray();
    }

    /// <summary>Makes a ticket, in records of 512 bytes.</summary>
    public byte[] EncryptTicket()
    {
        Session.Memory.Window->Begin(null, 0);
        if (LibSsl.SSL_ctrl(SslOf(Session), ControlMaximumFragment, 512, null) != 1 || SSL_new_session_ticket(SslOf(Session)) != 1)
        {
            throw new InvalidOperationException($"no ticket: {OpenSslErrors.Take()}");
        }

        _ = Session.ProcessHandshake();
        return Session.Memory.Output.ToArray();
    }

    /// <summary>Puts a layer in the place of the one that is there, with bytes that the handshake is said to have left.</summary>
    public void ReplaceLayer(ReadOnlySpan<byte> input) => Layer = _complete = new OpenSslLayer(Socket, Session, Layer!.Details, input, []);

    /// <summary>Makes a close_notify.</summary>
    public byte[] EncryptCloseNotify()
    {
        Session.Memory.Window->Begin(null, 0);
        if (!Session.TryCloseNotify())
        {
            throw new InvalidOperationException("no close_notify");
        }

        return Session.Memory.Output.ToArray();
    }

    /// <summary>Decrypts records, past the layer and its socket.</summary>
    public byte[] Decrypt(ReadOnlySpan<byte> records, out OpenSslStatus status)
    {
        var (plaintext, buffer) = (new List<byte>(), new byte[RecordPlaintext]);
        fixed (byte* input = records)
        fixed (byte* pointer = buffer)
        {
            Session.Memory.Window->Begin(input, records.Length);
            do
            {
                status = Session.Decrypt(pointer, buffer.Length, out var count);
                plaintext.AddRange(buffer.AsSpan(0, count));
            }
            while (status == OpenSslStatus.Complete);
            Session.Memory.Window->InputLength = 0;
        }

        return [.. plaintext];
    }

    /// <summary>Reads from the layer, as a user of the connection does.</summary>
    /// <returns>The bytes; empty at an end, which is given; null if there is nothing.</returns>
    public byte[]? Read(int size, out TransportStatus end)
    {
        var buffer = _buffer;
        fixed (byte* pointer = buffer)
        {
            if (Socket.HasReadEnded)
            {
                Socket.TryReadSocket(pointer, size, out _, out end);
                return [];
            }

            return Layer!.TryRead(pointer, size, out var count, out end) ? buffer[..count] : null;
        }
    }

    /// <summary>Sends by the layer.</summary>
    public TransportStatus Send(ReadOnlySpan<byte> data, out int sent)
    {
        fixed (byte* pointer = data)
        {
            return Layer!.Send(pointer, data.Length, out sent);
        }
    }

    public void Dispose()
    {
        if (!Socket.IsClosed)
        {
            Socket.IsClosed = true;
            if (_complete is not null)
            {
                _complete.Close();
            }
            else
            {
                Session.Dispose();
            }
        }
    }

    private void Step(byte* input, int count)
    {
        var window = Session.Memory.Window;
        var start = 0;
        OpenSslStatus status;
        do
        {
            window->Begin(input + start, count - start);
            status = Session.ProcessHandshake();
            start = count - (int)window->InputLength;
            window->InputLength = 0;
            _unsent.AddRange(Session.Memory.Output.Span);
        }
        while (status == OpenSslStatus.NeedsRoom);

        _isRefused = status == OpenSslStatus.Failed;
        if (status == OpenSslStatus.Complete)
        {
            WasResumed = Session.IsResumed;
            _complete = new OpenSslLayer(
                Socket, Session, OpenSslSetup.DetailsOf(Session), new ReadOnlySpan<byte>(input + start, count - start), CollectionsMarshal.AsSpan(_unsent))
            {
                Truncation = Truncation,
            };
            _unsent.Clear();
            if (!Session.EndsWithTickets)
            {
                _complete.Flush();
            }
        }
    }

    // An alert goes before the end.
    private bool TryFlush()
    {
        if (_unsent.Count > 0)
        {
            fixed (byte* pointer = CollectionsMarshal.AsSpan(_unsent))
            {
                HasFailed |= Socket.SendSocket(pointer, _unsent.Count, out var sent) != TransportStatus.Ok;
                _unsent.RemoveRange(0, sent);
            }
        }

        var isFlushed = _unsent.Count == 0;
        HasFailed |= isFlushed && _isRefused;
        Layer = isFlushed && !HasFailed ? _complete : null;
        return isFlushed && !HasFailed;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_ssl")]
    private static extern ref nint SslOf(OpenSslSession session);

    [LibraryImport("libssl.so.3")]
    private static partial int SSL_new_session_ticket(nint ssl);

    [LibraryImport("libssl.so.3")]
    private static partial int SSL_key_update(nint ssl, int kind);
}
