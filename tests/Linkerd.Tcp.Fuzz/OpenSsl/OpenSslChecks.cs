using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Native;
using Linkerd.Tcp.Security.OpenSsl;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Fuzz.OpenSsl;

/// <summary>
/// What must hold of two ends of TLS by libssl whose records are changed on their way: it ends, nothing throws, what arrives is the beginning of what was sent, and no end is clean that the peer has not made.
/// An input is <see cref="Choices"/> bytes that choose the sessions, the pieces and the ends, and the edits of <see cref="RecordWire"/>.
/// </summary>
internal static class OpenSslChecks
{
    public const int Choices = 6;
    private const int MaxTurns = 100_000;
    private static readonly int[] Pieces = [1, 5, 64, 700, 16 * 1024, 1 << 20];
    private static readonly int[] Lengths = [0, 1, 64, 700, 20_000, 70_000];

    private static readonly Lazy<Pair[]> Pairs = new(() =>
    [
        new(TlsVersion.Tls13, isMutual: false), new(TlsVersion.Tls12, isMutual: false), new(TlsVersion.Tls13, isMutual: true), new(TlsVersion.Tls12, isMutual: true),
    ]);

    private static readonly ThreadLocal<OpenSslMemory> Memory = new(() => new());

    /// <exception cref="FuzzException">A session broke its word.</exception>
    public static void Check(byte[] input)
    {
        OpenSslCounts.Start();
        var choices = new byte[Choices];
        input.AsSpan(0, Math.Min(Choices, input.Length)).CopyTo(choices);
        var edits = input.Length > Choices ? input[Choices..] : [];
        var pair = Pairs.Value[choices[0] & 3];
        var ssls = OpenSslCounts.SslsOfThread;

        // Full handshakes are expensive, and one of eight tells as much.
        var isResumed = (choices[0] & 0x1c) != 0;
        if (isResumed)
        {
            pair.Prepare(Memory.Value!);
        }

        Run(pair, choices, edits, isResumed);
        Expect(OpenSslCounts.SslsOfThread == ssls, "an SSL is left");
        Expect(LibSsl.ERR_peek_error() == 0, "an error is left in the queue of OpenSSL");
    }

    private static void Run(Pair pair, byte[] choices, byte[] edits, bool isResumed)
    {
        var random = RandomSource.Seeded(Hash(choices) ^ Hash(edits));
        int Next(int most) => (int)(random.NextDouble() * most);
        using var client = new OpenSslEnd(pair.Parties.ClientSide(isResumed), Memory.Value!) { Truncation = (TlsTruncation)(choices[1] % 3) };
        using var server = new OpenSslEnd(pair.Parties.ServerSide(), Memory.Value!) { Truncation = (TlsTruncation)(choices[1] / 3 % 3) };
        var (up, down) = (new RecordWire(server.Socket, edits, 0), new RecordWire(client.Socket, edits, 1));
        Connect(client, up, Pieces[choices[2] % 6]);
        Connect(server, down, Pieces[choices[2] / 6 % 6]);
        var piece = Math.Min(choices[2] % 6, choices[2] / 6 % 6);
        var (request, answer) = (Text(choices[3] % 6, piece, 1), Text(choices[3] / 6 % 6, piece, 2));
        var one = new OpenSslUser(client, up, request, (UserPlan)(choices[4] & 3), Next);
        var other = new OpenSslUser(server, down, answer, (UserPlan)((choices[4] >> 2) & 3), Next);
        var updatesKeys = (choices[4] & 0x10) != 0 && pair.Version == TlsVersion.Tls13;
        var bothEndLast = (choices[4] & 0x0f) == 0x05;
        var idle = 0;
        for (var turns = 0; !(one.IsOver && other.IsOver); turns++)
        {
            Expect(turns < MaxTurns, States);
            var progress = Progress();
            (Next(2) == 0 ? one : other).Act(updatesKeys);

            // Both wait: the network ends it.
            idle = progress == Progress() ? idle + 1 : 0;
            if (idle > 200)
            {
                Expect(edits.Length >= RecordWire.EditLength || bothEndLast, States);
                up.SendEnd(TransportStatus.Ok);
                down.SendEnd((choices[5] & 1) == 0 ? TransportStatus.Ok : TransportStatus.Reset);
                Expect(idle < 2000, States);
            }
        }

        pair.IsPrepared = client.WasResumed || !isResumed;
        CheckStream(one, server.Layer, answer, other, client);
        CheckStream(other, client.Layer, request, one, server);
        var isWhole = edits.Length < RecordWire.EditLength && (choices[4] & 0x0a) == 0 && !bothEndLast;
        Expect(!isWhole || (one.End, other.End) == (TransportStatus.Ok, TransportStatus.Ok), States);

        string States() => $"it does not end, or not as it should: {one.State}; {other.State}";

        (long, long, int, int, int, int) Progress() =>
            (client.Socket.Received + client.Socket.Sent, server.Socket.Received + server.Socket.Sent, client.Socket.Available, server.Socket.Available, client.Socket.Taken, server.Socket.Taken);

        void Connect(OpenSslEnd end, RecordWire wire, int most)
        {
            end.Socket.OnSent = bytes => wire.Send(bytes);
            end.Socket.ReceiveSize = _ => Next(4) == 0 ? 0 : 1 + Next(most);
            end.Socket.SendSize = _ => Next(4) == 0 ? 0 : 1 + Next(most);
        }
    }

    private static void CheckStream(OpenSslUser reader, OpenSslLayer? writer, byte[] text, OpenSslUser sender, OpenSslEnd end)
    {
        Expect(text.AsSpan().StartsWith(reader.Received), "what arrives is not what was sent");
        var isForged = reader.End == TransportStatus.Ok && !(writer is not null && sender.HasEndedSend && reader.Received.Length == text.Length);
        Expect(!isForged || (end.Truncation == TlsTruncation.Fin && end.Layer!.WasTruncated), "an end that the peer has not made is clean");
    }

    private static byte[] Text(int length, int piece, byte salt)
    {
        // Single bytes take long.
        var text = new byte[piece < 3 ? Math.Min(Lengths[length], 700) : Lengths[length]];
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = (byte)((i * 31) + (i >> 8) + salt);
        }

        return text;
    }

    // FNV-1a: the same for the same input, so that a run can be repeated.
    private static ulong Hash(byte[] input) => input.Aggregate(2166136261u, static (hash, value) => unchecked((hash ^ value) * 16777619u));

    private static void Expect(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new FuzzException(otherwise);
        }
    }

    private static void Expect(bool condition, Func<string> otherwise)
    {
        if (!condition)
        {
            throw new FuzzException(otherwise());
        }
    }

    /// <summary>The parties of one kind of session.</summary>
    private sealed class Pair(TlsVersion version, bool isMutual)
    {
        public TlsVersion Version => version;

        public OpenSslParties Parties { get; } = new(version, isMutual);

        /// <summary>Whether the last session was resumed, so that there is a ticket.</summary>
        public bool IsPrepared { get; set; }

        /// <summary>Sees to it that the next session is resumed, whatever became of the last one.</summary>
        public void Prepare(OpenSslMemory memory)
        {
            if (!IsPrepared)
            {
                using var client = new OpenSslEnd(Parties.ClientSide(isResumed: true), memory);
                using var server = new OpenSslEnd(Parties.ServerSide(), memory);
                OpenSslEnd.Connect(client, server);
                Expect(client.Layer is not null && server.Layer is not null, () => $"nothing is changed, and the handshake fails: {client.Session.Error}, {server.Session.Error}");

                // Tickets come behind the handshake.
                server.Layer!.Flush();
                client.Read(1, out _);
                client.Layer!.EndSend();
                server.Layer.EndSend();
                IsPrepared = true;
            }
        }
    }
}
