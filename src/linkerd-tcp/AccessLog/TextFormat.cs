using System.Buffers;
using System.Net;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Sessions;

namespace Linkerd.Tcp.Cli.AccessLog;

/// <summary>
/// Prints lines whose first words are those of HAProxy's TCP log, without its counts of connections and queues: client, accept time, frontend, backend/server, Tw/Tc/Tt, bytes, state, attempts. The
/// rest are pairs of a key and a value. No value brings a space or a line break, except the last one, which is in quotes.
/// </summary>
/// <remarks>HAProxy configuration manual, section 8.2.2, "TCP log format".</remarks>
internal sealed class TextFormat : RecordFormat
{
    /// <inheritdoc/>
    public override void Write(ArrayBufferWriter<byte> line, SessionRecord record, RecordEvent at)
    {
        WriteStandard(line, record, at);
        line.Append(" event="u8);
        line.Append(WordOf(at));
        line.Append(" id="u8);
        line.Append(record.Session.Id);
        line.Append(" preludeMs="u8);
        line.AppendMilliseconds(record.Prelude);
        if (record.FirstByte is { } firstByte)
        {
            line.Append(" firstByteMs="u8);
            line.AppendMilliseconds(firstByte);
        }

        line.Append(" bytesFromClient="u8);
        line.Append(record.BytesFromClient);
        line.Append(" bytesToServer="u8);
        line.Append(record.BytesToServer);
        line.Append(" bytesFromServer="u8);
        line.Append(record.BytesFromServer);
        WriteClient(line, record.Session);
        WriteTls(line, " clientTls="u8, record.Session.ClientTls);
        WriteText(line, " clientCertificate="u8, record.Session.ClientTls?.PeerName);
        WriteTls(line, " serverTls="u8, record.ServerTls);
        WriteText(line, " serverAlpn="u8, record.ServerTls?.ApplicationProtocol);
        if (record.Detail is { } detail)
        {
            line.Append(" detail=\""u8);
            line.AppendEscaped(detail, alsoPlain: ' ');
            line.Append("\""u8);
        }

        line.Append("\n"u8);
    }

    private static void WriteStandard(ArrayBufferWriter<byte> line, SessionRecord record, RecordEvent at)
    {
        // HAProxy's mark of numbers that still grow (option logasap).
        var mark = at == RecordEvent.End ? ""u8 : "+"u8;
        line.Append(record.Session.Client);
        line.Append(" ["u8);
        line.Advance(TimeText.Print(record.Start, "dd/MMM/yyyy:HH:mm:ss", line.GetSpan(TimeText.MaxLength)));
        line.Append("] "u8);
        line.Append(record.Session.Listener);
        line.Append(" "u8);
        line.AppendEscaped(record.Session.Name?.ToString() ?? "-");
        line.Append("/"u8);
        WriteServer(line, record.Server);
        line.Append(" "u8);
        WriteWhole(line, HasSought(record) ? record.Queued : null);
        line.Append("/"u8);
        WriteWhole(line, record.Server is null ? null : record.Establishing - record.Queued);
        line.Append("/"u8);
        line.Append(mark);
        WriteWhole(line, record.Duration);
        line.Append(" "u8);
        line.Append(mark);
        line.Append(record.BytesToClient);
        line.Append(" "u8);
        line.AppendEscaped(record.Reason.ToString());
        line.Append(" "u8);
        line.Append(record.Attempts);
    }

    private static void WriteClient(ArrayBufferWriter<byte> line, SessionContext session)
    {
        if (session.ProxyHeader is not null)
        {
            line.Append(" peer="u8);
            line.Append(session.Peer);
            line.Append(" local="u8);
            line.Append(session.Local);
        }

        WriteText(line, " serverName="u8, session.ServerName);
        WriteText(line, " alpn="u8, session.ApplicationProtocol);
    }

    // A slash in the path of a socket would hide where the name ends.
    private static void WriteServer(ArrayBufferWriter<byte> line, EndPoint? server)
    {
        if (server is null or IPEndPoint)
        {
            line.Append(server);
        }
        else
        {
            line.AppendEscaped(server.ToString()!, alsoEscaped: '/');
        }
    }

    private static void WriteTls(ArrayBufferWriter<byte> line, ReadOnlySpan<byte> key, TlsDetails? tls)
    {
        if (tls is not null)
        {
            line.Append(key);
            line.Append(WordOf(tls.Version));
            line.Append("/"u8);
            line.AppendEscaped(NameOf(tls.CipherSuite));
        }
    }

    private static void WriteText(ArrayBufferWriter<byte> line, ReadOnlySpan<byte> key, string? text)
    {
        if (text is not null)
        {
            line.Append(key);
            line.AppendEscaped(text);
        }
    }

    private static void WriteWhole(ArrayBufferWriter<byte> line, TimeSpan? time) => line.Append(time is { } reached ? (long)Math.Max(0, reached.TotalMilliseconds) : -1);
}
