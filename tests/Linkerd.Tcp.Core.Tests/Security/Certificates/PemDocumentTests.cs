using System.Text;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security.Certificates;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.Certificates;

/// <summary>Blocks of PEM in all their forms, errors with their lines, and damage.</summary>
public sealed class PemDocumentTests
{
    private const string Block = "-----BEGIN CERTIFICATE-----\nAAEC\nAwQF\n-----END CERTIFICATE-----\n";

    [Theory]
    [InlineData(Block)]
    [InlineData("\uFEFF" + Block)]
    [InlineData("Bag Attributes\n    friendlyName: x\n\n" + Block + "\n# the end\n")]
    [InlineData("-----BEGIN CERTIFICATE-----\r\nAAEC\r\nAwQF\r\n-----END CERTIFICATE-----\r\n")]
    [InlineData("-----BEGIN CERTIFICATE-----\rAAEC\rAwQF\r-----END CERTIFICATE-----")]
    [InlineData("-----BEGIN CERTIFICATE----- \t\nAAECAwQF  \n\n-----END CERTIFICATE-----")]
    [InlineData("-----BEGIN CERTIFICATE-----\nA\nAECAw\nQF\n-----END CERTIFICATE-----")]
    public void Parse_OneBlock_IsReadWhateverItsLinesAndSurroundings(string text)
    {
        var document = PemDocument.Parse(Encoding.UTF8.GetBytes(text));
        Assert.Null(document.Error);
        var block = Assert.Single(document.Blocks);
        Assert.Equal(("CERTIFICATE", false), (block.Label, block.IsEncrypted));
        Assert.Equal([0, 1, 2, 3, 4, 5], block.Content);
    }

    [Fact]
    public void Parse_SeveralBlocks_HaveTheirLabelsAndLines()
    {
        var document = PemDocument.Parse(Encoding.UTF8.GetBytes($"comment\n{Block}\n\n-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAEC\n-----END EC PRIVATE KEY-----\n"));
        Assert.Equal([("CERTIFICATE", 2, false), ("EC PRIVATE KEY", 8, true)], document.Blocks.Select(static block => (block.Label, block.Line, block.IsEncrypted)));
    }

    [Theory]
    [InlineData("", 0, null)]
    [InlineData("text\n", 0, null)]
    [InlineData("-----BEGIN A-----\nAAEC\n", 2, "the block A that begins in line 1 has no END line: the file is cut off")]
    [InlineData("-----BEGIN A-----\nAAEC\n-----END B-----\n", 3, "'-----END A-----' was expected, to end the block that begins in line 1")]
    [InlineData("-----BEGIN A-----\nAAEC\n-----BEGIN A-----\nAAEC\n-----END A-----\n", 3, "'-----END A-----' was expected, to end the block that begins in line 1")]
    [InlineData("-----BEGIN A-----\nAA!C\n-----END A-----\n", 2, "a line of base64 was expected in the block A that begins in line 1")]
    [InlineData("\n-----BEGIN A-----\nAAECA\n-----END A-----\n", 4, "the base64 of the block A that begins in line 2 is cut off or damaged")]
    [InlineData("-----BEGIN A-----\nAA==\nAAEC\n-----END A-----\n", 4, "the base64 of the block A that begins in line 1 is cut off or damaged")]
    [InlineData("-----BEGIN A-----\n-----END A-----\n", 2, "the block A that begins in line 1 is empty")]
    [InlineData("-----END A-----\n", 1, "an END line was found before its BEGIN line")]
    public void Parse_Faults_HaveTheirLine(string text, int line, string? error)
    {
        var document = PemDocument.Parse(Encoding.UTF8.GetBytes(text));
        Assert.Equal((error, line), (document.Error, document.ErrorLine));
        Assert.Empty(document.Blocks);
    }

    [Fact]
    public void Parse_EveryPrefixOfAFile_IsReadOrRefused()
    {
        var file = Encoding.UTF8.GetBytes(Block + Block);
        for (var length = 0; length < file.Length; length++)
        {
            var document = PemDocument.Parse(file.AsSpan(0, length));
            Assert.True(document.Error is null || document.ErrorLine > 0);
            Assert.True(document.Blocks.Length <= (length < Block.Length - 1 ? 0 : length < file.Length - 1 ? 1 : 2));
        }
    }

    // Tests/Linkerd.Tcp.Fuzz has the target for long runs, which imports what was read as well.
    [Fact]
    public void Parse_200000MutatedFiles_NeverThrowsAndKeepsItsWord()
    {
        var random = RandomSource.Seeded(15);
        byte[][] seeds = [Encoding.UTF8.GetBytes(Block), .. Recorded.Pem.Select(Encoding.UTF8.GetBytes)];
        byte[][] tokens = [.. new[] { "-----BEGIN ", "-----END ", "-----", "\n", "\r\n", "\r", "CERTIFICATE", "PRIVATE KEY", "=", "==", "A", ":", "Proc-Type: 4,ENCRYPTED", "\0", "\uFEFF", "!" }.Select(Encoding.UTF8.GetBytes)];
        var (read, refused) = (0, 0);
        for (var i = 0; i < 200_000; i++)
        {
            var file = new List<byte>(seeds[Below(seeds.Length)]);
            for (var changes = 1 + Below(4); changes > 0; changes--)
            {
                var at = Below(file.Count + 1);
                switch (Below(4))
                {
                    case 0 when at < file.Count:
                        file[at] ^= (byte)(1 << Below(8));
                        break;
                    case 1 when at < file.Count:
                        file.RemoveRange(at, 1 + Below(Math.Min(80, file.Count - at)));
                        break;
                    case 2:
                        file.InsertRange(at, seeds[Below(seeds.Length)].Take(Below(100)));
                        break;
                    default:
                        file.InsertRange(at, tokens[Below(tokens.Length)]);
                        break;
                }
            }

            var document = PemDocument.Parse(file.ToArray());
            Assert.True((document.Error is null) == (document.ErrorLine == 0));
            Assert.All(document.Blocks, static block => Assert.True(block.Content.Length > 0 && block.Line > 0 && block.Label.Length > 0));
            (read, refused) = document.Error is null ? (read + 1, refused) : (read, refused + 1);
        }

        // Both ways are gone.
        Assert.True(read > 10_000 && refused > 10_000, $"{read} read, {refused} refused");

        int Below(int most) => (int)(random.NextDouble() * most);
    }
}
