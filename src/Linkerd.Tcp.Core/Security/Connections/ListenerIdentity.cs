using System.Net.Security;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Security.Certificates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Security;

/// <summary>
/// Represents an identity for code that runs <see cref="SslStream"/> itself as the listening side, such as a server of HTTP: with the loading and the error messages of a proxy, and with files that are
/// read again when they change. Members may be called from any thread.
/// </summary>
public sealed class ListenerIdentity : IDisposable
{
    private readonly CertificateWatch _watch;

    /// <summary>Loads the files, on the thread of the caller, and watches them.</summary>
    /// <param name="files">The files, which are copied.</param>
    /// <param name="loggerFactory">The factory of the logger, of the category <c>Linkerd.Tcp.Security</c>. Default: nothing is logged.</param>
    /// <param name="timeProvider">The clock of the watch. Default: the system's.</param>
    /// <exception cref="Primitives.InvalidOptionsException">A file cannot be used, or there is an <see cref="CertificateFiles.OcspFile"/>.</exception>
    public ListenerIdentity(CertificateFiles files, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(files);
        var validator = new OptionsValidator();
        validator.Expect(files.OcspFile is null, files.OcspFile, "null, as SslStream staples no response of a file,", nameof(CertificateFiles.OcspFile));
        validator.ThrowIfInvalid(nameof(files));
        var logger = GuardedLogger.Create(loggerFactory ?? NullLoggerFactory.Instance, "Linkerd.Tcp.Security");
        _watch = new CertificateWatch(new CertificateSources { Identities = [files.Copy()], Purpose = IdentityPurpose.Server }, new CertificateServices(timeProvider ?? TimeProvider.System, logger));
    }

    /// <summary>Gets the certificate with its chain and key for the next handshake.</summary>
    public SslStreamCertificateContext Context => _watch.Current.Identities!.Default.Context;

    /// <summary>Gets a description of the certificate in use.</summary>
    public CertificateSnapshot Snapshot() => _watch.Snapshot().Single();

    /// <summary>Ends the watch. Handshakes that have begun go on.</summary>
    public void Dispose() => _watch.Dispose();
}
