namespace Linkerd.Tcp.LoadTest.Tls;

/// <summary>The connections of a proxy that are encrypted.</summary>
[Flags]
internal enum TlsSides
{
    None = 0,

    /// <summary>From the client to the proxy: the proxy terminates TLS.</summary>
    Client = 1,

    /// <summary>From the proxy to the backend: the proxy originates TLS.</summary>
    Server = 2,

    Both = Client | Server,
}
