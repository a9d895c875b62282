using Linkerd.Tcp.Security.OpenSsl;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.OpenSsl;

/// <summary>Two sessions that are connected by memory. OpenSSL's error queue is empty after each call.</summary>
internal sealed unsafe class OpenSslPair : IDisposable
{
    private readonly Peer _server;
    private readonly Peer _client;

    public OpenSslPair(OpenSslSide server, OpenSslSide client)
    {
        _server = new(server);
        _client = new(client);
        ExpectNoErrors();
    }

    public OpenSslSession Server => _server.Session;

    public OpenSslSession Client => _client.Session;

    /// <summary>Runs the handshake until both sides are done, or one has failed and the other one knows.</summary>
    /// <returns>True if it succeeded.</returns>
    public bool Handshake()
    {
        while (true)
        {
            var hasMoved = _client.Advance(_server);
            hasMoved |= _server.Advance(_client);
            if (!hasMoved)
            {
                return _client.Status == OpenSslStatus.Complete && _server.Status == OpenSslStatus.Complete;
            }
        }
    }

    /// <summary>Connects two sides.</summary>
    /// <returns>True if the session was resumed.</returns>
    public static bool Connect(OpenSslSide server, OpenSslSide client)
    {
        using var pair = new OpenSslPair(server, client);
        Assert.True(pair.Handshake(), $"client: {pair.Client.Error ?? client.Refusal.Verdict?.Problem}; server: {pair.Server.Error ?? server.Refusal.Verdict?.Problem}");
        Assert.Equal(pair.Client.IsResumed, pair.Server.IsResumed);
        return pair.Client.IsResumed;
    }

    public void Dispose()
    {
        Server.Dispose();
        Client.Dispose();
        ExpectNoErrors();
    }

    private static void ExpectNoErrors() => Assert.Equal(0u, LibSsl.ERR_peek_error());

    private sealed class Peer(OpenSslSide side)
    {
        private byte[] _inbox = [];
        private bool _hasBegun;

        public OpenSslSession Session { get; } = new(side, new OpenSslMemory());

        public OpenSslStatus Status { get; private set; } = OpenSslStatus.NeedsInput;

        /// <summary>Takes a step if there is something to do, and sends what it gives.</summary>
        public bool Advance(Peer other)
        {
            if (Status == OpenSslStatus.Failed || (_hasBegun && _inbox.Length == 0))
            {
                return false;
            }

            _hasBegun = true;
            var window = Session.Memory.Window;
            fixed (byte* input = _inbox)
            {
                window->Begin(input, _inbox.Length);
                Status = Status == OpenSslStatus.Complete ? Read() : Session.ProcessHandshake();
                if (Status == OpenSslStatus.Complete && window->InputLength > 0)
                {
                    // Tickets behind the handshake.
                    Status = Read();
                }

                _inbox = new ReadOnlySpan<byte>((byte*)window->Input, (int)window->InputLength).ToArray();
            }

            ExpectNoErrors();
            other._inbox = [.. other._inbox, .. Session.Memory.Output.Span];
            return true;
        }

        private OpenSslStatus Read()
        {
            var byteRead = (byte)0;
            var status = Session.Decrypt(&byteRead, 1, out _);
            return status == OpenSslStatus.Failed ? status : OpenSslStatus.Complete;
        }
    }
}
