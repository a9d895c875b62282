using Linkerd.Tcp.Security;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Hosting.Running;

/// <summary>Logs the library that runs TLS, once, when the first server or client has TLS. One call at a time.</summary>
/// <param name="provider">The choice of the configuration.</param>
/// <param name="transport">The transport of all connections.</param>
/// <param name="logger">The logger.</param>
internal sealed partial class TlsProviderNotice(TlsProviderKind provider, ITransport transport, ILogger logger)
{
    private bool _isGiven;

    /// <summary>Called when a configuration is in force.</summary>
    /// <param name="hasTls">True if it has TLS.</param>
    public void Give(bool hasTls)
    {
        if (!hasTls || _isGiven)
        {
            return;
        }

        _isGiven = true;
        var reason = provider == TlsProviderKind.DotNet ? "tlsProvider is dotnet"
            : transport.Loops.Count == 0 ? $"the transport is {transport.Name}, and OpenSSL is for epoll"
            : OpenSslLibrary.Problem is { } problem ? $"libssl cannot be used: {problem}"
            : null;
        if (reason is null)
        {
            Log.OpenSsl(logger, OpenSslLibrary.Version);
        }
        else
        {
            Log.SslStream(logger, reason);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(8502, LogLevel.Information, "TLS is that of {Version}", EventName = "TlsProviderOpenSsl")]
        public static partial void OpenSsl(ILogger logger, string? version);

        [LoggerMessage(8503, LogLevel.Information, "TLS is that of .NET (SslStream): {Reason}", EventName = "TlsProviderSslStream")]
        public static partial void SslStream(ILogger logger, string reason);
    }
}
