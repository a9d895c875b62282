namespace Linkerd.Tcp.LoadTest.Reporting;

/// <summary>The most that a figure of linkerd-tcp with epoll may be, relative to the better peer.</summary>
/// <param name="Metric">The title of the figure.</param>
/// <param name="AtMost">The ratio.</param>
internal sealed record Limit(string Metric, double AtMost)
{
    /// <summary>Limits the CPU time by unit.</summary>
    public static Limit Cpu(double atMost) => new(Reporting.Metric.Cpu.Title, atMost);

    /// <summary>Limits the memory by connection.</summary>
    public static Limit Growth(double atMost) => new(Reporting.Metric.Growth.Title, atMost);
}
