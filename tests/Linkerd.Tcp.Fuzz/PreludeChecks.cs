using System.Net;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Hello;
using Linkerd.Tcp.Security.Routing;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Fuzz;

/// <summary>
/// What must hold of the look for a server name, whatever a client sends: it ends, throws nothing, leaves the bytes as they are for the server, and answers nothing but requests of PostgreSQL and, with an alert, what it refuses. An
/// input is a byte of choices, a byte for the pieces in which the bytes come, and the bytes.
/// </summary>
internal static class PreludeChecks
{
    private const int AlertLength = 7;
    private const int LowCap = 256;
    private const int HighCap = 4096;
    private static readonly int[] Pieces = [8, 1, 3, 8, 64, 5, 700, 2];
    private static readonly DestinationRegistry Registry = new(new StaticResolver());

    private static readonly SessionAcceptor Acceptor = new(
        new SessionServices(Registry, null!, null!, null!, RandomSource.Of(null), TimeProvider.System)
        {
            Instruments = null!,
            Tls = null!,
            ProxyLogger = NullLogger.Instance,
            Logger = NullLogger.Instance,
            Certificates = new CertificateServices(TimeProvider.System, NullLogger.Instance),
        },
        new IPEndPoint(IPAddress.Loopback, 1),
        new ConnectionLimit(1))
    {
        Policy = null!,
    };

    private static readonly ServerNameRouter Router = new(new ServerNameRules(
        [.. new[] { "*.example.com=/svc/{1}", "www.example.com,alpn=h2=/svc/h2", "localhost=/svc/local", "*.*.example.com=/svc/{2}/{1}", "alpn=postgresql=/svc/pg" }.Select(ServerNameRule.Parse)], null));

    /// <exception cref="FuzzException">The prelude broke its word.</exception>
    public static void Check(byte[] input)
    {
        if (input.Length < 2)
        {
            return;
        }

        var whole = Run(input, isWhole: true);
        var pieces = Run(input, isWhole: false);

        // Bytes behind a request count only if they come with it, and those beyond the cap only if it must look at them.
        if (whole.Word != "broken" && pieces.Word != "broken" && CapOf(input) == HighCap)
        {
            Expect(whole == pieces, $"in pieces it is {pieces}, and at once {whole}");
        }
    }

    private static int CapOf(byte[] input) => (input[0] & 8) == 0 ? HighCap : LowCap;

    private static Outcome Run(byte[] input, bool isWhole)
    {
        var hasDefault = (input[0] & 1) != 0;
        var end = (input[0] >> 1 & 3) switch { 0 => TransportStatus.Reset, 1 => TransportStatus.Ok, _ => TransportStatus.TimedOut };
        var connection = new ClientConnection(input[2..], isWhole ? static _ => int.MaxValue : i => Pieces[(i + input[1]) % Pieces.Length], end);
        var context = new SessionContext(Acceptor, connection);
        var run = new PreludeRun(context, CapOf(input), CancellationToken.None);
        connection.Starving = () => run.TakeLook()?.Cancel();
        var running = new ServerNamePrelude(hasDefault).RunAsync(run).AsTask();
        Expect(connection.UnreadBytes < HighCap, "more is looked at than there may be");
        Expect(running.IsCompleted, "it waits, and the connection has ended");
        var result = running.GetAwaiter().GetResult();
        var greeting = context.Greeting!;
        var answers = connection.Consumed / GreetingResult.RequestLength;
        Expect(connection.Consumed % GreetingResult.RequestLength == 0 && answers <= 2, "it has consumed what is not a request");
        Expect(connection.Sent.Take(answers).All(static sent => sent is (byte)'S' or (byte)'N'), "a request is not answered");
        Expect(greeting.HasAskedForTls == connection.Sent.Take(answers).Contains((byte)'S'), "the request for TLS is lost");
        Expect(input.AsSpan(2 + connection.Consumed).SequenceEqual(connection.Rest), "bytes for the server are lost or changed");
        if (result.Reason is { } reason)
        {
            return CheckRefused(connection, greeting, result, reason, answers);
        }

        Expect(connection.Sent.Count == answers && !connection.IsFinSent && !connection.IsDisposed, "a client that goes on is sent something");
        Expect((greeting.Hello is null) != (greeting.Problem is null), "neither a hello nor a reason, or both");
        Expect(!greeting.HasAskedForTls || greeting.Hello is not null, "a client that has asked for TLS goes on without");
        if (greeting.Hello is not null)
        {
            var expected = default(ClientHelloReader).Read(input.AsSpan(2 + connection.Consumed));
            Expect(expected.Hello?.ServerName == context.ServerName && expected.Hello!.ApplicationProtocols.SequenceEqual(greeting.Hello.ApplicationProtocols), "another hello than the reader's");
        }

        var name = Router.Find(context, out _);
        Expect(name is null || DstPath.Parse(name.ToString()) == name, "a name that is none");
        Expect(!ServerNameRouter.Describe(context).Any(char.IsControl), "a description of several lines");
        return new("done", connection.Consumed, context.ServerName, name?.ToString(), greeting.Hello is not null);
    }

    private static Outcome CheckRefused(ClientConnection connection, ClientGreeting greeting, in PreludeResult result, CloseReason reason, int answers)
    {
        var alert = connection.Sent.Count - answers;
        Expect(result.Detail is { Length: > 0 } && greeting.Hello is null, "refused without words, or with a hello");
        if (reason.RejectReason == RejectReason.None)
        {
            Expect(alert == 0 && !connection.IsDisposed, "a client that has left is sent something");
            return new("ended", connection.Consumed, reason.ToString(), null, false);
        }

        var isTooLong = result.Detail!.Contains("has not ended", StringComparison.Ordinal);
        Expect(reason.RejectReason == RejectReason.Tls && connection.IsFinSent == !isTooLong && connection.IsDisposed == !isTooLong, "refused in another way");
        Expect(alert is 0 or AlertLength && (alert == 0 || connection.Sent[answers] == 21), "what is sent is no alert");
        return new(alert > 0 || isTooLong ? "refused" : "broken", connection.Consumed, alert > 0 ? connection.Sent[^1].ToString() : null, null, false);
    }

    private static void Expect(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new FuzzException(otherwise);
        }
    }

    private sealed record Outcome(string Word, int Consumed, string? ServerName, string? Name, bool HasHello);

    /// <summary>A client that has sent everything already, in pieces. At its end there is a FIN, a reset, or silence until the timeout.</summary>
    private sealed class ClientConnection(byte[] bytes, Func<int, int> pieceAt, TransportStatus end) : TransportConnection
    {
        private static readonly InlineExecutor Here = new();
        private int _shown;
        private int _pieces;
        private bool _wantsMore = true;

        public Action? Starving { get; set; }

        public int Consumed { get; private set; }

        public ReadOnlySpan<byte> Rest => bytes.AsSpan(Consumed);

        public List<byte> Sent { get; } = [];

        public bool IsFinSent { get; private set; }

        public bool IsDisposed { get; private set; }

        public override EndPoint? LocalEndPoint => null;

        public override EndPoint? RemoteEndPoint => null;

        public override TransportExecutor Executor => Here;

        public override TransportTimer Deadline => throw new NotSupportedException();

        public override long BytesReceived => Consumed + _shown;

        public override int UnreadBytes => _shown;

        public override long BytesSent => Sent.Count;

        public override bool IsReset => false;

        public override bool HasPeerClosed => false;

        public override ValueTask<ReceiveResult> ReceiveAsync() => ReceiveUntilAsync(CancellationToken.None);

        protected internal override ValueTask<ReceiveResult> ReceiveUntilAsync(CancellationToken giveUp)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            if (_wantsMore || _shown == 0)
            {
                _wantsMore = false;
                var more = Math.Min(pieceAt(_pieces++), bytes.Length - Consumed - _shown);
                if (more == 0)
                {
                    if (end != TransportStatus.TimedOut)
                    {
                        return new(new ReceiveResult(end, default));
                    }

                    // The timeout ends the look, if it is one, and otherwise the session, which aborts the connection.
                    Starving?.Invoke();
                    return new(new ReceiveResult(TransportStatus.Aborted, default));
                }

                _shown += more;
            }

            return new(new ReceiveResult(TransportStatus.Ok, bytes.AsMemory(Consumed, _shown)));
        }

        public override void Advance(int consumed)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(consumed, _shown);
            _wantsMore = consumed == 0;
            _shown -= consumed;
            Consumed += consumed;
        }

        public override ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            Sent.AddRange(data.Span);
            return new(TransportStatus.Ok);
        }

        public override void ShutdownSend() => IsFinSent = true;

        public override ValueTask<bool> FlushToPeerAsync() => new(true);

        public override void Abort()
        {
        }

        public override ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return default;
        }
    }

    private sealed class InlineExecutor : TransportExecutor
    {
        public override TimeProvider TimeProvider => TimeProvider.System;

        public override bool IsCurrent => true;

        public override void Post(Action<object?> action, object? state) => action(state);
    }
}
