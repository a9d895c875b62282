using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Linkerd.Tcp.Diagnostics;

namespace Linkerd.Tcp.Security.Certificates;

/// <summary>Represents the metrics of certificates: made once for a meter, for all watches. Members may be called from any thread.</summary>
internal sealed class CertificateInstruments
{
    private readonly Counter<long> _failures;
    private readonly ConcurrentDictionary<CertificateWatch, bool> _watches = new();

    public CertificateInstruments(Meter meter)
    {
        _failures = meter.CreateCounter<long>(InstrumentNames.CertificateFailures, "{failure}", "Changed certificates that were not used, by cause.");
        meter.CreateObservableGauge(InstrumentNames.CertificateExpiration, () => Observe(static slot => slot.Current.NotAfter), "s", "The time at which certificates in use expire, as seconds since 1970; of roots, the last one.");
        meter.CreateObservableGauge(InstrumentNames.CertificateLoaded, () => Observe(static slot => slot.LoadedAt), "s", "The time at which certificates were last loaded, as seconds since 1970.");
    }

    public void Add(CertificateWatch watch) => _watches[watch] = true;

    public void Remove(CertificateWatch watch) => _watches.TryRemove(watch, out _);

    public void Failed(string file, string cause) =>
        _failures.Add(1, new KeyValuePair<string, object?>(InstrumentNames.Certificate, file), new KeyValuePair<string, object?>(InstrumentNames.Cause, cause));

    // A file that several listeners have is one series.
    private IEnumerable<Measurement<long>> Observe(Func<CertificateSlot, DateTimeOffset> time) => _watches.Keys
        .SelectMany(static watch => watch.Slots)
        .DistinctBy(static slot => slot.Current.File)
        .Select(slot => new Measurement<long>(time(slot).ToUnixTimeSeconds(), new KeyValuePair<string, object?>(InstrumentNames.Certificate, slot.Current.File)));
}
