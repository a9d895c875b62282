using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Linkerd.Tcp.Cli.AccessLog;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Whatever peers send: a record is one line, and its parts stay apart.</summary>
[Trait("Category", "AnyTransport")]
public sealed class RecordFormatTests
{
    private const string Alphabet = "ab.-/ \"\\\r\n\t\0\u001b\u007f\u0085\u2028é猫=[]{}'<>\ud83d\ude00\ud800\udc00";

    [Fact]
    public async Task Write_AnyTextOfPeers_StaysOneLineOfWords()
    {
        var context = await ContextAsync();
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var record = Record(context, random, out var name, out var protocol, out var detail);
            var line = Print(AccessLogFormat.Text, record);
            Assert.EndsWith("\n", line, StringComparison.Ordinal);
            Assert.All(line[..^1], static letter => Assert.InRange(letter, ' ', '~'));
            var quoted = line.IndexOf(" detail=\"", StringComparison.Ordinal);
            var words = line[..quoted].Split(' ');
            Assert.Equal(17, words.Length);
            Assert.Equal($"serverName={name}", Unescape(words[15]));
            Assert.Equal($"alpn={protocol}", Unescape(words[16]));
            var text = line[(quoted + " detail=\"".Length)..^2];
            Assert.DoesNotContain('"', text);
            Assert.Equal(detail, Unescape(text));
            Assert.DoesNotContain('"', line[..quoted]);
        }
    }

    [Fact]
    public async Task Write_AnyTextOfPeers_IsJson()
    {
        var context = await ContextAsync();
        var random = new Random(2);
        for (var i = 0; i < 20_000; i++)
        {
            var record = Record(context, random, out var name, out var protocol, out var detail);
            var line = Print(AccessLogFormat.Json, record);
            Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
            using var json = JsonDocument.Parse(line);
            Assert.Equal((name, protocol, detail), (TextOf(json, "serverName"), TextOf(json, "alpn"), TextOf(json, "detail")));
        }
    }

    [Theory]
    [InlineData("[2001:db8::1]:443")]
    [InlineData("192.0.2.1:1")]
    [InlineData("[fe80::1%3]:65535")]
    public async Task Write_Addresses_AreThoseOfTheRuntime(string address)
    {
        var record = new SessionRecord { Session = await ContextAsync(), Server = IPEndPoint.Parse(address), HasEnded = true };
        Assert.Contains($"/{IPEndPoint.Parse(address)} ", Print(AccessLogFormat.Text, record), StringComparison.Ordinal);
        using var json = JsonDocument.Parse(Print(AccessLogFormat.Json, record));
        Assert.Equal(IPEndPoint.Parse(address).ToString(), TextOf(json, "endpoint"));
    }

    [Fact]
    public async Task Write_SocketOfUnix_HidesItsSlashes()
    {
        var record = new SessionRecord { Session = await ContextAsync(), Server = new UnixDomainSocketEndPoint("/run/a b.sock"), HasEnded = true };
        Assert.Contains(@"/\x2frun\x2fa\x20b.sock ", Print(AccessLogFormat.Text, record), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_SessionRuns_IsMarkedAsGrowing()
    {
        var record = new SessionRecord { Session = await ContextAsync(), Duration = TimeSpan.FromMilliseconds(7), BytesToClient = 9 };
        Assert.Contains("/+7 +9 -- ", Print(AccessLogFormat.Text, record, RecordEvent.Progress), StringComparison.Ordinal);
        using var json = JsonDocument.Parse(Print(AccessLogFormat.Json, record, RecordEvent.Start));
        Assert.Equal(("start", false), (TextOf(json, "event"), json.RootElement.TryGetProperty("reason", out _)));
    }

    private static string? TextOf(JsonDocument json, string name) => json.RootElement.TryGetProperty(name, out var value) ? value.GetString() : string.Empty;

    private static string Print(AccessLogFormat format, SessionRecord record, RecordEvent at = RecordEvent.End)
    {
        var line = new ArrayBufferWriter<byte>();
        RecordFormat.Of(format).Write(line, record, at);
        return Encoding.UTF8.GetString(line.WrittenSpan);
    }

    private static SessionRecord Record(SessionContext context, Random random, out string name, out string protocol, out string detail)
    {
        (context.ServerName, context.ApplicationProtocol) = (TextOf(random), TextOf(random));
        var record = new SessionRecord { Session = context, Detail = TextOf(random), Reason = new CloseReason(ClosedBy.Server, ClosePhase.Connect), HasEnded = true, FirstByte = TimeSpan.FromTicks(random.NextInt64(1L << 50)) };

        // A half of a surrogate pair is no text: it is written as U+FFFD.
        (name, protocol, detail) = (Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(context.ServerName)), Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(context.ApplicationProtocol)), Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(record.Detail)));
        return record;
    }

    private static string TextOf(Random random) => string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));

    private static string Unescape(string text)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                Assert.Equal('x', text[i + 1]);
                bytes.Add(Convert.ToByte(text.Substring(i + 2, 2), 16));
                i += 3;
            }
            else
            {
                bytes.Add((byte)text[i]);
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    // That of a session which has been: the rest of it is changed as a test likes.
    private static async Task<SessionContext> ContextAsync()
    {
        var observer = new FirstRecord();
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var registry = new DestinationRegistry(new StaticResolver(backend.EndPoint));
        await using var proxy = new TcpProxy(new TcpProxyOptions { Listeners = [new(new IPEndPoint(IPAddress.Loopback, 0), DstPath.Parse("/svc/web"))] }, registry, observer: observer);
        await proxy.StartAsync(TestContext.Current.CancellationToken);
        using (var client = await ClientSocket.ConnectAsync(proxy.LocalEndPoints[0]))
        {
            await client.EchoAsync("hello");
        }

        return (await observer.Record.InTimeAsync()).Session;
    }

    private sealed class FirstRecord : ISessionObserver
    {
        private readonly TaskCompletionSource<SessionRecord> _record = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<SessionRecord> Record => _record.Task;

        public void OnSessionEnded(SessionRecord record) => _record.TrySetResult(record);
    }
}
