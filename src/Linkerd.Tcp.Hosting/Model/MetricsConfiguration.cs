namespace Linkerd.Tcp.Hosting;

/// <summary>Represents the settings of the metrics of a process. Plain data; see <see cref="ConfigurationTable"/> for ranges and keys.</summary>
public sealed class MetricsConfiguration
{
    /// <summary>Gets or sets the largest number of endpoints of a router that have series of their own; 0 for none. Default: 1,000.</summary>
    public int MaxEndpoints { get; set; } = 1_000;
}
