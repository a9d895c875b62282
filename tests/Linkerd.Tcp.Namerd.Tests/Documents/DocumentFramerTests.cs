using System.Text;
using Linkerd.Tcp.Namerd.Documents;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

public sealed class DocumentFramerTests
{
    private const int Most = 64 * 1024;

    private static readonly string[] Separators = ["", "\n", "\r\n", "\n\n", " "];

    [Fact]
    public void TryTake_DocumentsInAnyPieces_AreAllThere()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var documents = Enumerable.Range(0, random.Next(20)).Select(_ => Document(random)).ToArray();
            var separator = Separators[random.Next(Separators.Length)];
            var bytes = Encoding.UTF8.GetBytes(string.Concat(documents.Select(document => document + separator)));

            Assert.Equal(documents.Select(document => (FrameKind.Object, document)), Frame(bytes, Pieces(random)));
        }
    }

    [Fact]
    public void TryTake_AnyBytes_ComeOutTheSameInAnyPiecesAndNeverThrow()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var bytes = new byte[random.Next(3000)];
            random.NextBytes(bytes);
            if (seed % 2 == 0)
            {
                bytes = [.. bytes.Select(b => (byte)"{}\"\\\n a:,[]0"[b % 12])];
            }

            var whole = Frame(bytes, [bytes.Length + 1]);

            Assert.Equal(whole, Frame(bytes, Pieces(random)));
            foreach (var (kind, text) in whole)
            {
                Assert.NotEqual(FrameKind.None, kind);
                ResolveDocument.Parse(Encoding.UTF8.GetBytes(text), out _);
            }
        }
    }

    [Fact]
    public void Parse_MutatedDocuments_NeverThrows()
    {
        for (var seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            var bytes = Encoding.UTF8.GetBytes(Document(random)).ToList();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                var at = random.Next(bytes.Count);
                if (random.Next(2) == 0)
                {
                    bytes[at] = (byte)random.Next(256);
                }
                else
                {
                    bytes.Insert(at, (byte)"{}\"\\\n a:,[]0"[random.Next(12)]);
                }
            }

            ResolveDocument.Parse(bytes.ToArray(), out _);
        }
    }

    [Fact]
    public void TryTakeRest_TruncatedAtEachByte_IsNeverADocument()
    {
        var bytes = Encoding.UTF8.GetBytes(NamerdHttp.Document(NameState.Bound.Of(new StandInAddress("10.0.0.1", 80, 0.5, "\"a\":\"}\"")))).AsSpan().TrimEnd((byte)'\n').ToArray();
        for (var length = 1; length < bytes.Length; length++)
        {
            var (kind, text) = Assert.Single(Frame(bytes[..length], [length]));
            Assert.Equal(FrameKind.Object, kind);
            Assert.Null(ResolveDocument.Parse(Encoding.UTF8.GetBytes(text), out _));
        }
    }

    [Fact]
    public void TryTake_ErrorText_IsALineWhateverItHolds()
    {
        var frames = Frame("{\"type\":\"neg\"}no such {thing}\n{\"type\":\"neg\"}"u8.ToArray(), [7]);

        Assert.Equal([(FrameKind.Object, "{\"type\":\"neg\"}"), (FrameKind.Text, "no such {thing}"), (FrameKind.Object, "{\"type\":\"neg\"}")], frames);
    }

    [Fact]
    public void TryTake_NewlineInADocument_EndsIt()
    {
        // A document that was cut off must not swallow the ones behind it.
        var frames = Frame("{\"type\":\"bound\",\"addrs\":[\n{\"type\":\"neg\"}\n"u8.ToArray(), [3]);

        Assert.Equal([(FrameKind.Object, "{\"type\":\"bound\",\"addrs\":["), (FrameKind.Object, "{\"type\":\"neg\"}")], frames);
    }

    [Theory]
    [InlineData(Most, false)]
    [InlineData(Most + 1, true)]
    public void TryTake_DocumentAtTheLimit_IsTakenAndBeyondItIsNot(int length, bool isTooLong)
    {
        var bytes = Encoding.ASCII.GetBytes("{\"a\":\"" + new string('x', length - 8) + "\"}\n");

        Assert.Equal(isTooLong ? FrameKind.TooLong : FrameKind.Object, Frame(bytes, [1000])[0].Kind);
    }

    [Fact]
    public void TryTake_EndlessText_IsGivenEarly()
    {
        var (kind, text) = Frame(Encoding.ASCII.GetBytes(new string('x', 5000)), [100])[0];

        Assert.Equal(FrameKind.Text, kind);
        Assert.InRange(text.Length, 1000, 1100);
    }

    // Documents as namerd sends them, and some with what could confuse a framer: braces, quotes and escapes in strings.
    private static string Document(Random random) => random.Next(4) switch
    {
        0 => NamerdHttp.Bound([.. Enumerable.Range(0, random.Next(20)).Select(_ => random.Next(1, 65536))]).TrimEnd(),
        1 => "{\"type\":\"neg\"}",
        2 => NamerdHttp.Document(new NameState.Failed(string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => "{}\"\\\na\u00e9\u0001"[random.Next(8)])))).TrimEnd(),
        _ => "{\"type\":\"bound\",\"addrs\":[],\"meta\":{\"a\":{\"b\":\"}\\\\\\\"{\"}}}",
    };

    private static int[] Pieces(Random random) => [.. Enumerable.Range(0, 20).Select(_ => random.Next(1, random.Next(2, 300)))];

    private static List<(FrameKind Kind, string Text)> Frame(byte[] bytes, int[] sizes)
    {
        using var framer = new DocumentFramer(Most);
        var frames = new List<(FrameKind, string)>();
        var rest = bytes.AsSpan();
        for (var i = 0; rest.Length > 0; i++)
        {
            var memory = framer.GetMemory();
            Assert.InRange(memory.Length, 1, 4 * Most);
            var count = Math.Min(Math.Min(sizes[i % sizes.Length], rest.Length), memory.Length);
            rest[..count].CopyTo(memory.Span);
            framer.Advance(count);
            rest = rest[count..];
            while (framer.TryTake(out var frame))
            {
                frames.Add((frame.Kind, Encoding.UTF8.GetString(frame.Bytes.Span)));
            }
        }

        while (framer.TryTakeRest(out var frame))
        {
            frames.Add((frame.Kind, Encoding.UTF8.GetString(frame.Bytes.Span)));
        }

        return frames;
    }
}
