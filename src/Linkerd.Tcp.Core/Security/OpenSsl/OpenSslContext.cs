namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Represents an SSL_CTX. Immutable; any thread. Sessions keep theirs, so a rotation of certificates is a new context.</summary>
internal sealed class OpenSslContext : IDisposable
{
    private nint _handle;

    public OpenSslContext(nint handle) => _handle = handle;

    ~OpenSslContext() => Free();

    /// <summary>Gets the SSL_CTX.</summary>
    public nint Handle => _handle;

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (Interlocked.Exchange(ref _handle, 0) is var handle and not 0)
        {
            LibSsl.SSL_CTX_free(handle);
        }
    }
}
