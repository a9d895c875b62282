using System.Buffers;
using System.Net.Security;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Sessions;

namespace Linkerd.Tcp.Cli.AccessLog;

/// <summary>Prints records. Any thread.</summary>
internal abstract class RecordFormat
{
    /// <summary>Returns a format.</summary>
    public static RecordFormat Of(AccessLogFormat format) => format == AccessLogFormat.Json ? new JsonFormat() : new TextFormat();

    /// <summary>Appends a record, and the end of its line.</summary>
    public abstract void Write(ArrayBufferWriter<byte> line, SessionRecord record, RecordEvent at);

    protected static ReadOnlySpan<byte> WordOf(RecordEvent at) => at switch
    {
        RecordEvent.Start => "start"u8,
        RecordEvent.Progress => "progress"u8,
        _ => "end"u8,
    };

    protected static ReadOnlySpan<byte> WordOf(TlsVersion version) => version == TlsVersion.Tls13 ? "1.3"u8 : "1.2"u8;

    /// <summary>Returns the name of a cipher suite as IANA has it. Only few are in use, so a switch spares the search for the name.</summary>
    protected static string NameOf(TlsCipherSuite suite) => suite switch
    {
        TlsCipherSuite.TLS_AES_128_GCM_SHA256 => nameof(TlsCipherSuite.TLS_AES_128_GCM_SHA256),
        TlsCipherSuite.TLS_AES_256_GCM_SHA384 => nameof(TlsCipherSuite.TLS_AES_256_GCM_SHA384),
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256 => nameof(TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256),
        _ => suite.ToString(),
    };

    /// <summary>Returns true if the session has looked for a server connection.</summary>
    protected static bool HasSought(SessionRecord record) => record.Server is not null || record.Establishing > TimeSpan.Zero;
}
