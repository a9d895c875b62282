namespace Linkerd.Tcp.Hosting.Options;

/// <summary>The options of the access log.</summary>
internal static class AccessLogOptions
{
    public static IReadOnlyList<ConfigurationOption> All { get; } =
    [
        new ConfigurationOption<AccessLogConfiguration, string?>(OptionTypes.LogFile, static log => log.Path, static (log, path) => log.Path = path)
        {
            Key = "path",
            Argument = "access-log",
            ValueName = "FILE|-",
            Default = "required",
            Help = "Write a record of each session at its end to a file, or to stdout (-); SIGUSR1 reopens the file",
            Details = "The key is required in an `accessLog`; without an `accessLog` there is no access log, as with `off`. Records are appended. A file that cannot be opened at start ends the program.",
        },
        new ConfigurationOption<AccessLogConfiguration, AccessLogFormat>(
            OptionTypes.Choice(ignoreCase: false, ("text", AccessLogFormat.Text), ("json", AccessLogFormat.Json)), static log => log.Format, static (log, format) => log.Format = format)
        {
            Key = "format",
            Argument = "access-log-format",
            ValueName = "text|json",
            Default = "text",
            Help = "Format of the access log: lines that begin like those of HAProxy, or a JSON object on each line",
        },
        new ConfigurationOption<AccessLogConfiguration, double>(OptionTypes.Fraction("records per session", above: 0, most: 1), static log => log.Sample, static (log, sample) => log.Sample = sample)
        {
            Key = "sample",
            Default = "1",
            Help = "Fraction of the sessions that is recorded: all records of a session are written, or none",
        },
        new ConfigurationOption<AccessLogConfiguration, bool>(OptionTypes.Flag, static log => log.OnlyAbnormal, static (log, isOnly) => log.OnlyAbnormal = isOnly)
        {
            Key = "onlyAbnormal",
            Default = "false",
            Help = "Whether the ends of sessions that end normally (close reason `--`) are left out",
        },
        new ConfigurationOption<AccessLogConfiguration, bool>(OptionTypes.Flag, static log => log.OnStart, static (log, isOn) => log.OnStart = isOn)
        {
            Key = "onStart",
            Default = "false",
            Help = "Whether there is also a record when a session is connected to its server",
        },
        new ConfigurationOption<AccessLogConfiguration, bool>(OptionTypes.Flag, static log => log.Refused, static (log, isOn) => log.Refused = isOn)
        {
            Key = "refused",
            Default = "false",
            Help = "Whether there is also a record of each client that a limit refused at accept, which was no session",
            Details = "In an attack these are many. The metric `linkerd.tcp.sessions.refused` counts them in any case.",
        },
        new ConfigurationOption<AccessLogConfiguration, TimeSpan>(OptionTypes.SecondsOrOff, static log => log.Interval, static (log, interval) => log.Interval = interval)
        {
            Key = "intervalSecs",
            Default = "off",
            Help = "Time between two records of a session that runs",
            Details = "The first one comes between one and two intervals after its start.",
        },
    ];
}
