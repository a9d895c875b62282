using System.Collections.Concurrent;
using Linkerd.Tcp.Fuzz.OpenSsl;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Native;
using Linkerd.Tcp.Security.OpenSsl;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.OpenSsl;

/// <summary>A layer under test over a socket in memory, and a session as its peer. On one thread, whose SSLs and error queue are checked at the end.</summary>
internal sealed class LayerPair : IDisposable
{
    private static readonly ConcurrentDictionary<(TlsVersion Version, bool IsMutual), OpenSslParties> Parties = new();

    private readonly long _ssls;
    private readonly List<byte> _sent = [];

    /// <param name="version">The version.</param>
    /// <param name="isServer">Whether the layer under test is the server's.</param>
    /// <param name="truncation">The end of a stream that the peer cuts.</param>
    /// <param name="isMutual">Whether the client presents a certificate.</param>
    /// <param name="isHeldBack">Whether the server still holds its tickets back.</param>
    public LayerPair(TlsVersion version, bool isServer = true, TlsTruncation truncation = default, bool isMutual = false, bool isHeldBack = false)
    {
        var parties = Parties.GetOrAdd((version, isMutual), static kind => new(kind.Version, kind.IsMutual));
        OpenSslCounts.Start();
        _ssls = OpenSslCounts.SslsOfThread;
        var memory = new OpenSslMemory();
        var client = new OpenSslEnd(parties.ClientSide(isResumed: false), memory) { Truncation = truncation };
        var server = new OpenSslEnd(parties.ServerSide(), memory) { Truncation = truncation };
        (Tested, Peer) = isServer ? (server, client) : (client, server);
        OpenSslEnd.Connect(client, server);
        Assert.NotNull(client.Layer);
        Assert.NotNull(server.Layer);

        if (!isHeldBack)
        {
            server.Layer.Flush();
        }

        // The tickets of a server come behind its handshake.
        Assert.Null(client.Read(1, out _));
        Assert.Equal(0, Tested.Socket.Available + Peer.Socket.Available);
        Tested.Socket.OnSent = bytes =>
        {
            Sends++;
            _sent.AddRange(bytes);
        };
    }

    public OpenSslEnd Tested { get; }

    public OpenSslEnd Peer { get; }

    public LayerSocket Socket => Tested.Socket;

    /// <summary>Gets the number of sends.</summary>
    public int Sends { get; private set; }

    /// <summary>Takes what the layer has sent.</summary>
    public byte[] TakeSent()
    {
        var sent = _sent.ToArray();
        _sent.Clear();
        return sent;
    }

    /// <summary>Returns a text of which no two parts are the same.</summary>
    public static byte[] Text(int length) => [.. Enumerable.Range(0, length).Select(static i => (byte)((i * 31) + (i >> 8)))];

    /// <summary>Reads until there is nothing, or the end.</summary>
    public (byte[] Data, TransportStatus? End) ReadAll(int size = 16 * 1024)
    {
        var all = new List<byte>();
        while (Tested.Read(size, out var end) is { } read)
        {
            if (read.Length == 0)
            {
                return ([.. all], end);
            }

            all.AddRange(read);
        }

        return ([.. all], null);
    }

    public void Dispose()
    {
        Tested.Dispose();
        Peer.Dispose();
        Assert.Equal(_ssls, OpenSslCounts.SslsOfThread);
        Assert.Equal(0u, LibSsl.ERR_peek_error());
        Assert.Null(OpenSslSession.Current);
    }
}
