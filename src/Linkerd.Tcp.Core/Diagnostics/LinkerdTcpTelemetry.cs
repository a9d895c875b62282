namespace Linkerd.Tcp.Diagnostics;

/// <summary>Provides the names under which this library is observed.</summary>
public static class LinkerdTcpTelemetry
{
    /// <summary>The name of the meter, and the prefix of the log categories: <c>Linkerd.Tcp</c>.</summary>
    public const string MeterName = "Linkerd.Tcp";

    /// <summary>The name of the meter of the metrics of single endpoints, up to ten series for each: <c>Linkerd.Tcp.Endpoints</c>.</summary>
    public const string EndpointMeterName = "Linkerd.Tcp.Endpoints";
}
