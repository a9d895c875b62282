using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Security.Certificates;

/// <summary>
/// Logs that certificates are about to expire: 30, 7 and 1 days ahead, and when they have, once each. A step of more than half of the certificates' life is left out: those that are made for
/// a day have no 30 days. For one thread at a time.
/// </summary>
internal sealed partial class ExpiryWarning(ILogger logger)
{
    private static readonly int[] Steps = [30, 7, 1];
    private string? _thumbprint;

    // The number of days of the last warning; 0 if they have expired.
    private int _warned;

    /// <summary>Logs what is due at a time.</summary>
    public void Check(ILoadedCertificates certificates, DateTimeOffset now)
    {
        if (_thumbprint != certificates.Thumbprint)
        {
            _thumbprint = certificates.Thumbprint;
            _warned = int.MaxValue;
            if (now < certificates.NotBefore)
            {
                Log.NotYetValid(logger, certificates, certificates.NotBefore);
            }
        }

        // The system's roots have no end.
        var left = certificates.NotAfter - now;
        if (left < TimeSpan.Zero)
        {
            if (_warned > 0)
            {
                _warned = 0;
                Log.Expired(logger, certificates, certificates.NotAfter);
            }

            return;
        }

        var life = certificates.NotAfter - certificates.NotBefore;
        var due = 0;
        foreach (var days in Steps)
        {
            if (left <= TimeSpan.FromDays(days) && life > TimeSpan.FromDays(2 * days))
            {
                due = days;
            }
        }

        if (due > 0 && due < _warned)
        {
            _warned = due;
            Log.Expires(logger, certificates, left.TotalDays, certificates.NotAfter);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6104, LogLevel.Warning, "{Certificates} expires in {Days:0.#} days, on {NotAfter:yyyy-MM-dd HH:mm:ss}Z", EventName = "CertificateExpires")]
        public static partial void Expires(ILogger logger, ILoadedCertificates certificates, double days, DateTimeOffset notAfter);

        [LoggerMessage(6105, LogLevel.Error, "{Certificates} EXPIRED on {NotAfter:yyyy-MM-dd HH:mm:ss}Z, and is in use: peers refuse it", EventName = "CertificateExpired")]
        public static partial void Expired(ILogger logger, ILoadedCertificates certificates, DateTimeOffset notAfter);

        [LoggerMessage(6106, LogLevel.Error, "{Certificates} is not valid before {NotBefore:yyyy-MM-dd HH:mm:ss}Z, and is in use: peers refuse it", EventName = "CertificateNotYetValid")]
        public static partial void NotYetValid(ILogger logger, ILoadedCertificates certificates, DateTimeOffset notBefore);
    }
}
