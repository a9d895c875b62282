using System.Net;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Represents the server of a session: a session is resumed with the same one only, under the same name.</summary>
/// <param name="EndPoint">The address; null if the connection has none.</param>
/// <param name="Name">The name; null: none.</param>
internal readonly record struct TicketKey(EndPoint? EndPoint, string? Name);

/// <summary>
/// Keeps the sessions that servers have given tickets for, the newest first. One of TLS 1.3 is used once (RFC 8446, appendix C.4), one of TLS 1.2 until there is a newer one. The servers used longest ago
/// are dropped if there are too many. Owns the sessions. Members may be called from any thread.
/// </summary>
internal sealed class TicketStore
{
    public const int MaxServers = 1024;

    public const int MaxSessions = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<TicketKey, LinkedListNode<Server>> _servers = [];
    private readonly LinkedList<Server> _byUse = new();

    ~TicketStore()
    {
        foreach (var server in _byUse)
        {
            server.Clear();
        }
    }

    /// <summary>Gets the number of servers.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _servers.Count;
            }
        }
    }

    /// <summary>Returns whether a server has sessions.</summary>
    internal bool Has(TicketKey key)
    {
        lock (_lock)
        {
            return _servers.ContainsKey(key);
        }
    }

    /// <summary>Adds a session.</summary>
    /// <param name="key">The server.</param>
    /// <param name="session">The SSL_SESSION, of which a reference goes to the store.</param>
    public void Add(TicketKey key, nint session)
    {
        lock (_lock)
        {
            if (Find(key) is not { } server)
            {
                server = new Server(key);
                _servers[key] = _byUse.AddFirst(server);
                if (_servers.Count > MaxServers)
                {
                    Remove(_byUse.Last!);
                }
            }

            if (IsReusable(session))
            {
                server.Clear();
            }
            else if (server.Sessions.Count == MaxSessions)
            {
                server.RemoveAt(0);
            }

            server.Sessions.Add(session);
        }
    }

    /// <summary>Gives a session to an SSL, if there is one whose certificate has not expired.</summary>
    /// <param name="key">The server.</param>
    /// <param name="ssl">The SSL.</param>
    /// <param name="now">The time.</param>
    /// <returns>True if there was one.</returns>
    public bool TryUse(TicketKey key, nint ssl, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (Find(key) is not { } server)
            {
                return false;
            }

            while (server.Sessions is [.., var session])
            {
                var isGood = IsGood(session, now) && LibSsl.SSL_set_session(ssl, session) == 1;
                if (!isGood || !IsReusable(session))
                {
                    server.RemoveAt(server.Sessions.Count - 1);
                }

                if (isGood)
                {
                    return true;
                }

                LibSsl.ERR_clear_error();
            }

            return false;
        }
    }

    private static bool IsReusable(nint session) => LibCrypto.SSL_SESSION_get_protocol_version(session) == LibSsl.Tls12;

    private static bool IsGood(nint session, DateTimeOffset now) => LibCrypto.SSL_SESSION_is_resumable(session) != 0
        && LibCrypto.SSL_SESSION_get0_peer(session) is var peer and not 0 && !OpenSslCertificates.HasExpired(peer, now);

    private Server? Find(TicketKey key)
    {
        if (!_servers.TryGetValue(key, out var node))
        {
            return null;
        }

        _byUse.Remove(node);
        _byUse.AddFirst(node);
        return node.Value;
    }

    private void Remove(LinkedListNode<Server> node)
    {
        node.Value.Clear();
        _byUse.Remove(node);
        _servers.Remove(node.Value.Key);
    }

    private sealed class Server(TicketKey key)
    {
        public TicketKey Key => key;

        /// <summary>Gets the sessions, the newest last.</summary>
        public List<nint> Sessions { get; } = [];

        public void RemoveAt(int index)
        {
            LibSsl.SSL_SESSION_free(Sessions[index]);
            Sessions.RemoveAt(index);
        }

        public void Clear()
        {
            foreach (var session in Sessions)
            {
                LibSsl.SSL_SESSION_free(session);
            }

            Sessions.Clear();
        }
    }
}
