using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security.Hello;

namespace Linkerd.Tcp.Tests.Security;

/// <summary>A valid ClientHello that was made from random numbers, in random records, and what it says.</summary>
internal sealed class GeneratedHello
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

    private readonly IRandomSource _random;
    private string? _name;
    private string[] _protocols = [];

    public GeneratedHello(IRandomSource random)
    {
        _random = random;
        var hello = new HelloBuilder { SessionId = Bytes(Chance(2) ? 32 : 0), CipherSuites = [.. Grease(), 0x1301, 0x1302, 0xC02B, 0xC02F, .. Enumerable.Range(0xD101, Below(40))] };
        AddExtensions(hello);
        Message = HelloBuilder.Message(hello.Body());
        IsOneRecord = Chance(3) && Message.Length <= 1 << 14;
        Records = IsOneRecord ? HelloBuilder.Record(Message) : Fragment();
        Expected = new ClientHello
        {
            ServerName = _name?.ToLowerInvariant().TrimEnd('.'),
            ApplicationProtocols = [.. _protocols],
            Versions = Is13 ? TlsVersions.Tls12 | TlsVersions.Tls13 : TlsVersions.Tls12,
            HasEncryptedHello = hello.Extensions!.Any(extension => extension.Type == 0xFE0D),
        };
    }

    public ClientHello Expected { get; }

    public byte[] Message { get; }

    /// <summary>The records.</summary>
    public byte[] Records { get; }

    public bool IsOneRecord { get; }

    private bool Is13 { get; set; }

    private void AddExtensions(HelloBuilder hello)
    {
        var extensions = new HelloBuilder().With(10, HelloBuilder.Long(HelloBuilder.Numbers([.. Grease(), 0x1D, 0x17]))).With(13, HelloBuilder.Long(HelloBuilder.Numbers(0x0403, 0x0804)));
        if (!Chance(8))
        {
            _name = Name();
            extensions.WithName(_name);
        }

        if (Chance(2))
        {
            _protocols = [.. Enumerable.Range(0, 1 + Below(Chance(10) ? 200 : 4)).Select(_ => Chance(2) ? "h2" : Protocol())];
            extensions.WithProtocols(_protocols);
        }

        Is13 = Chance(2);
        if (Is13)
        {
            extensions.WithVersions([.. Grease(), 0x0304, 0x0303]).With(51, HelloBuilder.Long([.. HelloBuilder.Numbers(0x1D), .. HelloBuilder.Long(Bytes(32))]));
        }

        if (Chance(3))
        {
            extensions.With(0xFE0D, [0, .. Bytes(Below(300))]);
        }

        // Reserved values, types that nobody has assigned, and padding.
        foreach (var type in Enumerable.Range(0, Below(6)).Select(_ => Chance(2) ? 0x0A0A + (0x1010 * Below(16)) : 0xE000 + Below(0x1000)).Distinct())
        {
            extensions.With(type, Bytes(Below(50)));
        }

        if (Chance(3))
        {
            extensions.With(21, new byte[Below(Chance(8) ? 60_000 : 600)]);
        }

        // In any order.
        hello.Extensions = [.. extensions.Extensions!.OrderBy(_ => _random.NextUInt64())];
    }

    private string Name()
    {
        var labels = Enumerable.Range(0, 1 + Below(6)).Select(_ => string.Concat(Enumerable.Range(0, 1 + Below(Chance(20) ? 40 : 10)).Select(_ => Letters[Below(Letters.Length)])));
        return string.Join('.', labels.Append("example")) + (Chance(10) ? "." : string.Empty);
    }

    private string Protocol() => string.Concat(Enumerable.Range(0, 1 + Below(12)).Select(_ => (char)Below(256)));

    // Records of random sizes, small ones at times, and a few that are empty.
    private byte[] Fragment()
    {
        var most = Chance(3) ? 10 : Chance(2) ? 200 : 1 << 14;
        var (records, at, empty) = (new List<byte>(), 0, 0);
        while (at < Message.Length)
        {
            var size = Math.Min(1 + Below(most), Message.Length - at);
            if (empty < 10 && Chance(30))
            {
                empty++;
                size = 0;
            }

            records.AddRange(HelloBuilder.Record(Message[at..(at + size)]));
            at += size;
        }

        return [.. records];
    }

    private int[] Grease() => Chance(2) ? [0x0A0A + (0x1010 * Below(16))] : [];

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
        {
            bytes[i] = (byte)_random.NextUInt64();
        }

        return bytes;
    }

    private bool Chance(int oneIn) => Below(oneIn) == 0;

    private int Below(int most) => (int)(_random.NextUInt64() % (ulong)most);
}
