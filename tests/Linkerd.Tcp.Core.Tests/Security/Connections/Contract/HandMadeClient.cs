using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Linkerd.Tcp.Tests.Transport;

namespace Linkerd.Tcp.Tests.Security.Connections.Contract;

/// <summary>
/// A TLS client made by hand, for what no library lets its users send: TLS 1.3 (RFC 8446) and 1.2 (RFC 5246) with AES-128-GCM, SHA-256 and P-256, ECDSA servers. It verifies nothing.
/// </summary>
internal sealed class HandMadeClient(TransportConnection raw, bool isTls13)
{
    public const byte ChangeCipherSpec = 20;
    public const byte Alert = 21;
    public const byte HandshakeRecord = 22;
    public const byte Data = 23;
    private const byte Finished = 20;
    private const byte KeyUpdate = 24;
    private const int RecordHeader = 5;
    private const int Tag = 16;
    private const int PointLength = 65;

    private readonly ECDiffieHellman _key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
    private readonly IncrementalHash _transcript = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _random = RandomNumberGenerator.GetBytes(32);
    private readonly Queue<byte> _messages = new();
    private Direction? _reading;
    private Direction? _writing;

    public TransportConnection Raw => raw;

    /// <summary>The number of messages KeyUpdate that have come.</summary>
    public int KeyUpdates { get; private set; }

    /// <summary>The ClientHello, in one record.</summary>
    public byte[] MakeHello()
    {
        byte[] groups = [0, 10, 0, 4, 0, 2, 0, 0x17];
        byte[] signatures = [0, 13, 0, 8, 0, 6, 4, 3, 8, 4, 4, 1];
        byte[] extensions = isTls13
            ? [0, 0x2B, 0, 3, 2, 3, 4, .. groups, .. signatures, 0, 0x33, 0, PointLength + 6, 0, PointLength + 4, 0, 0x17, 0, PointLength, .. Point]
            : [.. groups, 0, 11, 0, 2, 1, 0, .. signatures];
        byte[] suites = isTls13 ? [0x13, 1] : [0xC0, 0x2B, 0, 0xFF];
        var hello = Message(1, [3, 3, .. _random, 32, .. new byte[32], 0, (byte)suites.Length, .. suites, 1, 0, .. Length2(extensions.Length), .. extensions]);
        return Seal(HandshakeRecord, hello);
    }

    /// <summary>Runs the handshake to its end.</summary>
    /// <param name="early">Data that is sent in the segment of the Finished message; null: none.</param>
    public async Task HandshakeAsync(byte[]? early = null)
    {
        await raw.SendAllAsync(MakeHello());
        var server = await NextMessageAsync();
        byte[] last;
        if (isTls13)
        {
            var schedule = await ReadServer13Async(server);
            last = Seal(HandshakeRecord, Message(Finished, schedule.Verify));
            _writing = Keys13(schedule.Client);
        }
        else
        {
            last = await AnswerServer12Async(server);
        }

        await raw.SendAllAsync(early is null ? last : (byte[])[.. last, .. Seal(Data, early)]);
        if (!isTls13)
        {
            await NextMessageAsync();
        }
    }

    public Task SendAsync(byte type, byte[] content) => raw.SendAllAsync(Seal(type, content));

    public Task SendTextAsync(string text) => SendAsync(Data, Encoding.ASCII.GetBytes(text));

    /// <summary>Makes one record, encrypted if there are keys.</summary>
    public byte[] Seal(byte type, byte[] content, int padding = 0)
    {
        if (_writing is not { } keys)
        {
            return [type, 3, 3, .. Length2(content.Length), .. content];
        }

        if (isTls13)
        {
            byte[] inner = [.. content, type, .. new byte[padding]];
            byte[] header = [Data, 3, 3, .. Length2(inner.Length + Tag)];
            return [.. header, .. keys.Encrypt(keys.Nonce(), inner, header)];
        }

        var sequence = keys.Sequence();
        return [type, 3, 3, .. Length2(content.Length + 8 + Tag), .. sequence, .. keys.Encrypt([.. keys.Iv, .. sequence], content, [.. sequence, type, 3, 3, .. Length2(content.Length)])];
    }

    /// <summary>Makes a KeyUpdate, and encrypts with the next keys from then on; TLS 1.2 has neither, and gets the message alone.</summary>
    public byte[] SealKeyUpdate(bool wantsAnswer)
    {
        var record = Seal(HandshakeRecord, [KeyUpdate, 0, 0, 1, (byte)(wantsAnswer ? 1 : 0)]);
        _writing = isTls13 ? Keys13(ExpandLabel(_writing!.Secret, "traffic upd", [], 32)) : _writing;
        return record;
    }

    /// <summary>Receives one record other than of a handshake, decrypted.</summary>
    /// <returns>Its type and content; the type is 0 at the end of TCP.</returns>
    public async Task<(byte Type, byte[] Content)> ReceiveAsync()
    {
        while (true)
        {
            var (type, content) = await ReceiveRecordAsync();
            if (type != HandshakeRecord)
            {
                return (type, content);
            }

            // Tickets and KeyUpdates. None of them is cut.
            for (var at = 0; at < content.Length; at += 4 + ((content[at + 2] << 8) | content[at + 3]))
            {
                if (content[at] == KeyUpdate)
                {
                    KeyUpdates++;
                    _reading = Keys13(ExpandLabel(_reading!.Secret, "traffic upd", [], 32));
                }
            }
        }
    }

    /// <summary>Receives text of any number of records.</summary>
    public async Task<string> ReadTextAsync(int count)
    {
        var text = new StringBuilder();
        while (text.Length < count && await ReceiveAsync() is (Data, var content))
        {
            text.Append(Encoding.ASCII.GetString(content));
        }

        return text.ToString();
    }

    private byte[] Point
    {
        get
        {
            var q = _key.ExportParameters(false).Q;
            return [4, .. q.X!, .. q.Y!];
        }
    }

    private static byte[] Length2(int length) => [(byte)(length >> 8), (byte)length];

    private byte[] Message(byte type, byte[] body)
    {
        byte[] message = [type, 0, .. Length2(body.Length), .. body];
        _transcript.AppendData(message);
        return message;
    }

    private async Task<(byte Type, byte[] Content)> ReceiveRecordAsync()
    {
        var header = await raw.ReadAsync(RecordHeader);
        if (header.Length < RecordHeader)
        {
            return (0, []);
        }

        var content = await raw.ReadAsync((header[3] << 8) | header[4]);
        // An alert about this side's last message has no keys either.
        if (_reading is not { } keys || header[0] == ChangeCipherSpec || (header[0] == Alert && content.Length == 2))
        {
            return (header[0], content);
        }

        if (isTls13)
        {
            var inner = keys.Decrypt(keys.Nonce(), content, header).AsSpan().TrimEnd((byte)0);
            return (inner[^1], inner[..^1].ToArray());
        }

        var sequence = keys.Sequence();
        return (header[0], keys.Decrypt([.. keys.Iv, .. content[..8]], content[8..], [.. sequence, header[0], 3, 3, .. Length2(content.Length - 8 - Tag)]));
    }

    private async Task<byte[]> NextMessageAsync()
    {
        while (_messages.Count < 4 || _messages.Count < 4 + Body())
        {
            var (type, content) = await ReceiveRecordAsync();
            if (type == ChangeCipherSpec)
            {
                continue;
            }

            if (type != HandshakeRecord)
            {
                throw new IOException(type == Alert ? $"alert {content[^1]}" : $"a record of type {type}");
            }

            Array.ForEach(content, _messages.Enqueue);
        }

        var message = new byte[4 + Body()];
        for (var i = 0; i < message.Length; i++)
        {
            message[i] = _messages.Dequeue();
        }

        _transcript.AppendData(message);
        return message;

        int Body() => (_messages.ElementAt(2) << 8) | _messages.ElementAt(3);
    }

    private byte[] Agree(ReadOnlySpan<byte> point)
    {
        using var server = ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = point[1..33].ToArray(), Y = point[33..].ToArray() } });
        return _key.DeriveRawSecretAgreement(server.PublicKey);
    }

    private async Task<(byte[] Client, byte[] Verify)> ReadServer13Async(byte[] hello)
    {
        // The one extension that ends in a point.
        var share = hello.AsSpan().IndexOf((byte[])[0, 0x17, 0, PointLength]) + 4;
        var empty = SHA256.HashData([]);
        var early = HKDF.Extract(HashAlgorithmName.SHA256, new byte[32], new byte[32]);
        var handshake = HKDF.Extract(HashAlgorithmName.SHA256, Agree(hello.AsSpan(share, PointLength)), ExpandLabel(early, "derived", empty, 32));
        var transcript = _transcript.GetCurrentHash();
        var client = ExpandLabel(handshake, "c hs traffic", transcript, 32);
        _reading = Keys13(ExpandLabel(handshake, "s hs traffic", transcript, 32));
        while ((await NextMessageAsync())[0] != Finished)
        {
        }

        var master = HKDF.Extract(HashAlgorithmName.SHA256, new byte[32], ExpandLabel(handshake, "derived", empty, 32));
        transcript = _transcript.GetCurrentHash();
        _reading = Keys13(ExpandLabel(master, "s ap traffic", transcript, 32));
        _writing = Keys13(client);
        return (ExpandLabel(master, "c ap traffic", transcript, 32), HMACSHA256.HashData(ExpandLabel(client, "finished", [], 32), transcript));
    }

    private async Task<byte[]> AnswerServer12Async(byte[] hello)
    {
        var server = hello[6..38];
        byte[] exchange = [];
        while (await NextMessageAsync() is var message && message[0] != 14)
        {
            exchange = message[0] == 12 ? message : exchange;
        }

        var secret = Agree(exchange.AsSpan(8, PointLength));
        var answer = Seal(HandshakeRecord, Message(16, [PointLength, .. Point]));
        var master = Prf(secret, "master secret", [.. _random, .. server], 48);
        var keys = Prf(master, "key expansion", [.. server, .. _random], 40);
        _reading = new Direction(keys[16..32], keys[36..40], []);
        var verify = Prf(master, "client finished", _transcript.GetCurrentHash(), 12);
        byte[] change = [ChangeCipherSpec, 3, 3, 0, 1, 1];
        _writing = new Direction(keys[..16], keys[32..36], []);
        var last = Seal(HandshakeRecord, Message(Finished, verify));

        // The server's Finished is the first record with keys.
        return [.. answer, .. change, .. last];
    }

    private static byte[] ExpandLabel(byte[] secret, string label, byte[] context, int length)
    {
        var name = Encoding.ASCII.GetBytes("tls13 " + label);
        return HKDF.Expand(HashAlgorithmName.SHA256, secret, length, [.. Length2(length), (byte)name.Length, .. name, (byte)context.Length, .. context]);
    }

    private static byte[] Prf(byte[] secret, string label, byte[] seed, int length)
    {
        byte[] labelled = [.. Encoding.ASCII.GetBytes(label), .. seed];
        var (result, a) = (new List<byte>(), labelled);
        while (result.Count < length)
        {
            a = HMACSHA256.HashData(secret, a);
            result.AddRange(HMACSHA256.HashData(secret, (byte[])[.. a, .. labelled]));
        }

        return [.. result.Take(length)];
    }

    private static Direction Keys13(byte[] secret) => new(ExpandLabel(secret, "key", [], 16), ExpandLabel(secret, "iv", [], 12), secret);

    private sealed class Direction(byte[] key, byte[] iv, byte[] secret)
    {
        private ulong _count;

        public byte[] Iv => iv;

        public byte[] Secret => secret;

        public byte[] Sequence()
        {
            var sequence = new byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(sequence, _count++);
            return sequence;
        }

        public byte[] Nonce()
        {
            var nonce = (byte[])iv.Clone();
            var sequence = Sequence();
            for (var i = 0; i < 8; i++)
            {
                nonce[4 + i] ^= sequence[i];
            }

            return nonce;
        }

        public byte[] Encrypt(byte[] nonce, byte[] plain, byte[] associated)
        {
            var sealedBytes = new byte[plain.Length + Tag];
            using var cipher = new AesGcm(key, Tag);
            cipher.Encrypt(nonce, plain, sealedBytes.AsSpan(0, plain.Length), sealedBytes.AsSpan(plain.Length), associated);
            return sealedBytes;
        }

        public byte[] Decrypt(byte[] nonce, byte[] sealedBytes, byte[] associated)
        {
            var plain = new byte[sealedBytes.Length - Tag];
            using var cipher = new AesGcm(key, Tag);
            cipher.Decrypt(nonce, sealedBytes.AsSpan(0, plain.Length), sealedBytes.AsSpan(plain.Length), plain, associated);
            return plain;
        }
    }
}
