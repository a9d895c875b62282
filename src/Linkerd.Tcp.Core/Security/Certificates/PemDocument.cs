using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Linkerd.Tcp.Security.Certificates;

/// <summary>Represents one block of a PEM file.</summary>
/// <param name="Label">The text of its first line between the words.</param>
/// <param name="Line">The number of its first line, from 1.</param>
/// <param name="Content">The bytes that its lines encode.</param>
/// <param name="IsEncrypted">True if a header marks the content as encrypted (RFC 1421, 4.6.1.1), as OpenSSL's traditional format has it.</param>
internal readonly record struct PemBlock(string Label, int Line, byte[] Content, bool IsEncrypted);

/// <summary>
/// Represents a file of PEM blocks (RFC 7468). Text around the blocks is skipped. <see cref="Parse"/> is pure, never throws, and takes time and memory in proportion to the input.
/// </summary>
/// <param name="Blocks">The blocks in their order; those before the error if there is one.</param>
/// <param name="Error">The error; null if there is none.</param>
/// <param name="ErrorLine">The line of the error, from 1.</param>
internal sealed record PemDocument(ImmutableArray<PemBlock> Blocks, string? Error, int ErrorLine)
{
    private const int MaxLabel = 64;
    private static readonly SearchValues<byte> Base64Characters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t"u8);

    private static ReadOnlySpan<byte> Begin => "-----BEGIN "u8;

    private static ReadOnlySpan<byte> End => "-----END "u8;

    private static ReadOnlySpan<byte> Dashes => "-----"u8;

    /// <summary>Reads the bytes of a file.</summary>
    public static PemDocument Parse(ReadOnlySpan<byte> file)
    {
        var blocks = ImmutableArray.CreateBuilder<PemBlock>();
        var lines = new Lines(file.StartsWith(Encoding.UTF8.Preamble) ? file[Encoding.UTF8.Preamble.Length..] : file);
        while (lines.TryRead(out var line))
        {
            if (LabelOf(line, Begin) is not { } label)
            {
                if (line.StartsWith(End))
                {
                    return Wrong($"an END line was found before its BEGIN line", lines.Number);
                }

                continue;
            }

            if (ReadBlock(label, ref lines, out var block) is { } error)
            {
                return Wrong(error, lines.Number);
            }

            blocks.Add(block);
        }

        return new(blocks.DrainToImmutable(), null, 0);

        PemDocument Wrong(string error, int line) => new(blocks.DrainToImmutable(), error, line);
    }

    // Returns what is wrong; the number of the lines is then where.
    private static string? ReadBlock(string label, ref Lines lines, out PemBlock block)
    {
        block = default;
        var first = lines.Number;
        var isEncrypted = ReadHeaders(ref lines);
        var text = lines.Rest;
        while (true)
        {
            var length = text.Length - lines.Rest.Length;
            if (!lines.TryRead(out var line))
            {
                return $"the block {label} that begins in line {first} has no END line: the file is cut off";
            }

            if (line.StartsWith(Dashes))
            {
                if (LabelOf(line, End) != label)
                {
                    return $"'-----END {label}-----' was expected, to end the block that begins in line {first}";
                }

                text = text[..length];
                break;
            }

            if (line.IndexOfAnyExcept(Base64Characters) >= 0)
            {
                return $"a line of base64 was expected in the block {label} that begins in line {first}";
            }
        }

        // White space is skipped; lines of a whole multiple of 4 characters may not end the text early.
        var buffer = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        var status = Base64.DecodeFromUtf8(text, buffer, out _, out var written);
        if (status != OperationStatus.Done || written == 0)
        {
            CryptographicOperations.ZeroMemory(buffer);
            return written == 0 && status == OperationStatus.Done
                ? $"the block {label} that begins in line {first} is empty" : $"the base64 of the block {label} that begins in line {first} is cut off or damaged";
        }

        block = new(label, first, buffer[..written], isEncrypted);
        CryptographicOperations.ZeroMemory(buffer);
        return null;
    }

    // "Name: value" lines, up to an empty one; a line of base64 has no colon.
    private static bool ReadHeaders(ref Lines lines)
    {
        var isEncrypted = false;
        var ahead = lines;
        while (ahead.TryRead(out var line) && !line.StartsWith(Dashes) && line.Contains((byte)':'))
        {
            isEncrypted |= line.StartsWith("Proc-Type:"u8) && line.EndsWith("ENCRYPTED"u8);
            lines = ahead;
        }

        return isEncrypted;
    }

    private static string? LabelOf(ReadOnlySpan<byte> line, ReadOnlySpan<byte> start)
    {
        if (!line.StartsWith(start) || !line.EndsWith(Dashes) || line.Length < start.Length + Dashes.Length)
        {
            return null;
        }

        var label = line[start.Length..^Dashes.Length];
        return label.Length is > 0 and <= MaxLabel && !label.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? Encoding.ASCII.GetString(label) : null;
    }

    // Lines end with LF, CR LF or CR; white space at their ends does not count.
    private ref struct Lines(ReadOnlySpan<byte> text)
    {
        public ReadOnlySpan<byte> Rest { get; private set; } = text;

        /// <summary>Gets the number of the line that was read last.</summary>
        public int Number { get; private set; }

        public bool TryRead(out ReadOnlySpan<byte> line)
        {
            if (Rest.IsEmpty)
            {
                line = default;
                return false;
            }

            Number++;
            var end = Rest.IndexOfAny((byte)'\n', (byte)'\r');
            line = (end < 0 ? Rest : Rest[..end]).TrimEnd(" \t"u8);
            Rest = end < 0 ? [] : Rest[(end + (Rest[end..] is [(byte)'\r', (byte)'\n', ..] ? 2 : 1))..];
            return true;
        }
    }
}
