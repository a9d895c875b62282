namespace Linkerd.Tcp.Diagnostics;

/// <summary>The names under which this library is observed.</summary>
public static class LinkerdTcpTelemetry
{
    /// <summary>The name of the meter, and the prefix of the log categories.</summary>
    public const string MeterName = "Linkerd.Tcp";
}
