namespace Linkerd.Tcp.Cli.AccessLog;

/// <summary>Specifies when a record was made.</summary>
internal enum RecordEvent
{
    /// <summary>At the start of the copy.</summary>
    Start,

    /// <summary>While the session ran.</summary>
    Progress,

    /// <summary>At the end of the session.</summary>
    End,
}
