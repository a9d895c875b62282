namespace Linkerd.Tcp.Hosting;

/// <summary>Specifies the format of the access log.</summary>
public enum AccessLogFormat
{
    /// <summary>Lines of text that begin like those of HAProxy.</summary>
    Text,

    /// <summary>A JSON object on each line.</summary>
    Json,
}
