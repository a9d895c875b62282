using System.Net;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Handshakes;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Makes the sides of handshakes with the servers of a destination, from a context that it keeps: a handshake makes none. Members may be called from any thread.</summary>
internal sealed class OpenSslClient
{
    private volatile OpenSslClientContext _context;

    /// <summary>Makes the context of the certificates, so that what OpenSSL refuses is seen at once.</summary>
    /// <param name="options">The options, validated; not changed any more.</param>
    /// <param name="current">The certificates.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="optionPath">The path of the options, with a dot, for errors.</param>
    /// <exception cref="InvalidOptionsException">OpenSSL does not have an algorithm, or refuses a file.</exception>
    public OpenSslClient(ServerTlsOptions options, CurrentCertificates current, TimeProvider timeProvider, string optionPath)
    {
        Options = options;
        TimeProvider = timeProvider;
        Ciphers = new(options.Groups, options.SignatureAlgorithms, options.CipherSuites, optionPath);
        try
        {
            _context = new(this, current);
        }
        catch (OpenSslException e)
        {
            throw new InvalidOptionsException([new(optionPath.TrimEnd('.'), e.Message)], nameof(options));
        }
    }

    /// <summary>Gets the options.</summary>
    public ServerTlsOptions Options { get; }

    /// <summary>Gets the clock.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>Gets the algorithms.</summary>
    public CipherSettings Ciphers { get; }

    /// <summary>Gets the context of the last handshake.</summary>
    internal OpenSslClientContext Context => _context;

    /// <summary>Creates the side of one handshake.</summary>
    /// <param name="current">The certificates.</param>
    /// <param name="endPoint">The address of the server; null if it has none.</param>
    /// <param name="name">The name of the server, or its address; null: none.</param>
    /// <param name="names">The names of which the server's certificate must have one; not empty, unless the options skip the verification.</param>
    /// <param name="protocols">The application protocols; empty: none.</param>
    /// <param name="refusal">Keeps the verdict on the server.</param>
    /// <exception cref="OpenSslException">OpenSSL refuses a file that has changed.</exception>
    public OpenSslClientSide SideFor(CurrentCertificates current, EndPoint? endPoint, string? name, IReadOnlyList<PeerName> names, IReadOnlyList<string> protocols, PeerRefusal refusal)
    {
        var context = _context;
        if (context.Certificates != current)
        {
            // Two handshakes at once may make two: sessions keep theirs.
            context = new(this, current);
            _context = context;
        }

        return new(context, endPoint, ServerNameIndication.Of(name), names, protocols) { Refusal = refusal };
    }
}
