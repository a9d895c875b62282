namespace Linkerd.Tcp.Hosting;

/// <summary>
/// Represents the configuration of the access log: one record of each session at its end, and if wanted also at its start and while it runs. Plain data; see <see cref="ConfigurationTable"/> for ranges and
/// keys. The executable writes it; code that embeds the proxy has <see cref="Sessions.ISessionObserver"/>.
/// </summary>
public sealed class AccessLogConfiguration
{
    /// <summary>Gets or sets the path of the file, or <c>-</c> for the standard output, or an empty text for no access log. Required.</summary>
    public string? Path { get; set; }

    /// <summary>Gets or sets the format of the records. Default: <see cref="AccessLogFormat.Text"/>.</summary>
    public AccessLogFormat Format { get; set; }

    /// <summary>Gets or sets the fraction of the sessions that is recorded, more than 0 and at most 1. All records of a session are written, or none. Default: 1.</summary>
    public double Sample { get; set; } = 1;

    /// <summary>Gets or sets a value that indicates whether the ends of sessions that end normally are left out. Default: false.</summary>
    public bool OnlyAbnormal { get; set; }

    /// <summary>Gets or sets a value that indicates whether there is also a record when a session is connected to its server. Default: false.</summary>
    public bool OnStart { get; set; }

    /// <summary>Gets or sets a value that indicates whether there is also a record of each client that a limit refused at accept, which was no session. Default: false.</summary>
    public bool Refused { get; set; }

    /// <summary>Gets or sets the time between two records of a session that runs. Default: <see cref="Timeout.InfiniteTimeSpan"/>, which is off.</summary>
    public TimeSpan Interval { get; set; } = Timeout.InfiniteTimeSpan;
}
