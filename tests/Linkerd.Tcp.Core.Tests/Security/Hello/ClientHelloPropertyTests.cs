using Linkerd.Tcp.Fuzz;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security.Hello;
using Xunit;

namespace Linkerd.Tcp.Tests.Security;

/// <summary>ClientHellos that were made from a seed, and damaged ones.</summary>
public sealed class ClientHelloPropertyTests
{
    private const int Generated = 3_000;
    private const int Mutated = 200_000;

    [Fact]
    public void Read_GeneratedHellos_HaveWhatTheyWereMadeOf()
    {
        var random = RandomSource.Seeded(42);
        for (var i = 0; i < Generated; i++)
        {
            var hello = new GeneratedHello(random);
            var result = HelloChecks.Check(hello.Records, 1 + (i % 300));
            Assert.True(result.Error is null, $"{i}: {result.Error}");
            ClientHelloReaderTests.AssertSame(hello.Expected, result.Hello);
        }
    }

    // The fuzzer takes many more, from other seeds: tests/Linkerd.Tcp.Fuzz. Here fields that count others are hit more often.
    [Fact]
    public void Read_DamagedHellos_AreReadOrRefused()
    {
        var random = RandomSource.Seeded(43);
        var hellos = RecordedHellos.Bytes.Select(hello => hello.Bytes).Concat(Enumerable.Range(0, 50).Select(_ => new GeneratedHello(random).Records).Where(bytes => bytes.Length < 2000)).ToArray();
        var kinds = new Dictionary<(ClientHelloStatus, TlsAlert), int>();
        for (var i = 0; i < Mutated; i++)
        {
            var bytes = (byte[])hellos[Below(random, hellos.Length)].Clone();
            for (var changes = 1 + Below(random, 3); changes > 0; changes--)
            {
                bytes = Damage(random, bytes);
            }

            var result = HelloChecks.Check(bytes, 1 + Below(random, 200));
            var kind = (result.Status, result.Alert);
            kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
        }

        // All the ways out were taken, or the damage was of no use.
        Assert.Contains((ClientHelloStatus.Done, default), kinds);
        Assert.Contains((ClientHelloStatus.NeedsMore, default), kinds);
        Assert.Contains((ClientHelloStatus.NotTls, default), kinds);
        foreach (var alert in new[] { TlsAlert.DecodeError, TlsAlert.UnexpectedMessage, TlsAlert.RecordOverflow, TlsAlert.IllegalParameter, TlsAlert.ProtocolVersion, TlsAlert.UnrecognizedName })
        {
            Assert.Contains((ClientHelloStatus.Malformed, alert), kinds);
        }
    }

    private static byte[] Damage(IRandomSource random, byte[] bytes)
    {
        if (bytes.Length < 12)
        {
            return bytes;
        }

        var at = Below(random, bytes.Length - 4);
        switch (Below(random, 8))
        {
            case 0:
                bytes[at] ^= (byte)(1 << Below(random, 8));
                return bytes;
            case 1:
                bytes[at] = (byte)Below(random, 256);
                return bytes;
            case 2:
                // A small step, as of a length.
                bytes[at] += (byte)(Below(random, 2) == 0 ? 1 : 255);
                return bytes;
            case 3:
                return bytes[..at];
            case 4:
                // A name or a type of extension becomes another one that is there already, or a length another.
                (bytes[at], bytes[at + 1]) = (bytes[at + 2], bytes[at + 3]);
                return bytes;
            case 5:
                return [.. bytes[..at], (byte)Below(random, 256), .. bytes[at..]];
            case 6:
                bytes[Below(random, 12)] = (byte)Below(random, 256);
                return bytes;
            default:
                bytes[at] = 0;
                bytes[at + 1] = 0;
                return bytes;
        }
    }

    private static int Below(IRandomSource random, int most) => (int)(random.NextUInt64() % (ulong)most);
}
