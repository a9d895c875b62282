using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Security.Connections;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Routing;

/// <summary>Manages the steps on each connection of a destination before it is used: a PROXY header and a TLS handshake. <see cref="Current"/> may be read on any thread; changes are made one at a time.</summary>
/// <param name="name">The name of the destination.</param>
/// <param name="services">The services that destinations share.</param>
internal sealed partial class DestinationSetup(DstPath name, DestinationServices services)
{
    private volatile ConnectionSetup? _current;
    private TlsConnector? _tls;

    /// <summary>Gets the steps in force; null if there are none.</summary>
    public ConnectionSetup? Current => _current;

    /// <summary>Gets the steps for a client; null if there are none.</summary>
    public ConnectionSetup? For(IClientContext? client) => _current ?? (ConnectionSetup.None.SendsPostgresRequest(client) ? ConnectionSetup.None : null);

    /// <summary>Returns true if a connection that was made for no client will do for this one.</summary>
    public bool TakesPreconnects(IClientContext? client) => For(client) is not { } setup || setup.SendsPostgresRequest(client) == setup.SendsPostgresRequest(null);

    /// <summary>Creates the handshakes of options; null if they have none.</summary>
    /// <exception cref="Primitives.InvalidOptionsException">Files cannot be used.</exception>
    public TlsConnector? MakeTls(DestinationOptions options) =>
        options.Tls is { } tls ? new TlsConnector(tls, name, services.Certificates, $"{nameof(DestinationOptions.Tls)}.", services.Tls) : null;

    /// <summary>Applies options.</summary>
    /// <param name="options">The options.</param>
    /// <param name="tls">Their handshakes, which belong to the destination from now on; null if there are none.</param>
    public void Use(DestinationOptions options, TlsConnector? tls)
    {
        if (tls is { IsVerified: false } && _tls is not { IsVerified: false } && services.Unverified.TryPass(out var suppressed))
        {
            Log.Unverified(services.Logger, name, suppressed);
        }

        var header = options.SendProxy is { } sent ? new ProxyHeaderSender(sent, services.Random) : null;
        _current = header is null && tls is null ? null : new ConnectionSetup(header, tls);
        End();
        _tls = tls;
    }

    /// <summary>Ends the watch of certificates. Handshakes that are under way go on.</summary>
    public void End() => _tls?.Dispose();

    private static partial class Log
    {
        [LoggerMessage(3007, LogLevel.Warning,
            "{Name}: the certificates of servers are NOT VERIFIED, as the options say so (SkipVerification): anybody between can read and change everything ({Suppressed} like this not shown)",
            EventName = "ServersUnverified")]
        public static partial void Unverified(ILogger logger, DstPath name, int suppressed);
    }
}
