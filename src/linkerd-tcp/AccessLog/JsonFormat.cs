using System.Buffers;
using System.Net;
using System.Text.Json;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Sessions;

namespace Linkerd.Tcp.Cli.AccessLog;

/// <summary>Prints a JSON object on a line. What is not known, or was not reached, has no member.</summary>
internal sealed class JsonFormat : RecordFormat
{
    [ThreadStatic]
    private static Utf8JsonWriter? Writer;

    /// <inheritdoc/>
    public override void Write(ArrayBufferWriter<byte> line, SessionRecord record, RecordEvent at)
    {
        var json = Writer ??= new Utf8JsonWriter(line, new JsonWriterOptions { SkipValidation = true });
        json.Reset(line);
        var session = record.Session;
        Span<byte> time = stackalloc byte[TimeText.MaxLength + 1];
        var count = TimeText.Print(record.Start, "yyyy-MM-dd'T'HH:mm:ss", time);
        time[count++] = (byte)'Z';
        json.WriteStartObject();
        json.WriteString("time"u8, time[..count]);
        json.WriteString("event"u8, WordOf(at));
        json.WriteNumber("id"u8, session.Id);
        Write(json, "client"u8, session.Client);
        if (session.ProxyHeader is not null)
        {
            Write(json, "peer"u8, session.Peer);
            Write(json, "local"u8, session.Local);
        }

        Write(json, "listener"u8, session.Listener);
        Write(json, "serverName"u8, session.ServerName);
        Write(json, "alpn"u8, session.ApplicationProtocol);
        Write(json, "name"u8, session.Name?.ToString());
        Write(json, "endpoint"u8, record.Server);
        json.WriteNumber("attempts"u8, record.Attempts);
        if (at == RecordEvent.End)
        {
            json.WriteString("reason"u8, record.Reason.ToString());
        }

        Write(json, "detail"u8, record.Detail);
        Write(json, "preludeMs"u8, record.Prelude);
        Write(json, "queueMs"u8, HasSought(record) ? record.Queued : null);
        Write(json, "connectMs"u8, record.Server is null ? null : record.Establishing - record.Queued);
        Write(json, "firstByteMs"u8, record.FirstByte);
        Write(json, "totalMs"u8, record.Duration);
        json.WriteNumber("bytesFromClient"u8, record.BytesFromClient);
        json.WriteNumber("bytesToServer"u8, record.BytesToServer);
        json.WriteNumber("bytesFromServer"u8, record.BytesFromServer);
        json.WriteNumber("bytesToClient"u8, record.BytesToClient);
        Write(json, "clientTls"u8, session.ClientTls);
        Write(json, "serverTls"u8, record.ServerTls);
        json.WriteEndObject();
        json.Flush();
        line.Append("\n"u8);
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, EndPoint? address)
    {
        if (address is IPEndPoint ip)
        {
            Span<byte> text = stackalloc byte[80];
            json.WriteString(name, text[..LineText.Print(ip, text)]);
        }
        else
        {
            Write(json, name, address?.ToString());
        }
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            json.WriteString(name, text);
        }
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, TimeSpan? time)
    {
        if (time is { } reached)
        {
            json.WriteNumber(name, Math.Max(0, reached.Ticks / TimeSpan.TicksPerMicrosecond) / 1000m);
        }
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, TlsDetails? tls)
    {
        if (tls is null)
        {
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("version"u8, WordOf(tls.Version));
        json.WriteString("cipher"u8, NameOf(tls.CipherSuite));
        Write(json, "alpn"u8, tls.ApplicationProtocol);
        Write(json, "certificate"u8, tls.PeerName);
        json.WriteEndObject();
    }
}
