namespace Linkerd.Tcp.Diagnostics;

/// <summary>Provides the names under which this library is observed.</summary>
public static class LinkerdTcpTelemetry
{
    /// <summary>The name of the meter, and the prefix of the log categories: <c>Linkerd.Tcp</c>.</summary>
    public const string MeterName = "Linkerd.Tcp";
}
