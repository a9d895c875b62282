using Linkerd.Tcp.Security.Hello;

namespace Linkerd.Tcp.Fuzz;

/// <summary>What must hold of the ClientHello reader for any bytes at all.</summary>
internal static class HelloChecks
{
    /// <summary>Reads an input at once and in pieces, and returns what it is.</summary>
    /// <exception cref="FuzzException">The reader broke its word.</exception>
    public static ClientHelloResult Check(ReadOnlySpan<byte> input, int piece)
    {
        var reader = default(ClientHelloReader);
        var result = reader.Read(input);
        Expect((result.Status == ClientHelloStatus.Done) == (result.Hello is not null), "done, and no hello");
        Expect(result.Status is ClientHelloStatus.NotTls or ClientHelloStatus.Malformed == (result.Error is not null), "refused, and no reason");
        Expect((result.Status == ClientHelloStatus.Malformed) == (result.Alert != default), "malformed, and no alert");
        Expect(Equals(reader.Read(input), result), "read twice it is not the same");
        Expect(result.Status != ClientHelloStatus.NeedsMore || input.Length < 6 * (ClientHelloReader.MaxLength + 4) + (5 * (ClientHelloReader.MaxEmptyRecords + 1)), "more is wanted than there may be");
        if (result.Hello is { } hello)
        {
            CheckHello(hello, input.Length);
        }

        CheckPieces(input, piece, result);
        return result;
    }

    private static void CheckHello(ClientHello hello, int length)
    {
        Expect(hello.ServerName is null || (hello.ServerName.Length is > 0 and <= 253 && hello.ServerName[^1] != '.'), "a name of a wrong length");
        Expect(hello.ServerName is null || hello.ServerName.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '.'), "a name that is none");
        Expect(hello.ApplicationProtocols.Sum(protocol => protocol.Length + 1) < length, "protocols of more bytes than there are");
        Expect(hello.ApplicationProtocols.All(protocol => protocol.Length is > 0 and <= 255), "a protocol of a wrong length");
    }

    // What the bytes are is known from the same byte on, however they come.
    private static void CheckPieces(ReadOnlySpan<byte> input, int piece, in ClientHelloResult expected)
    {
        var reader = default(ClientHelloReader);
        for (var length = Math.Min(piece, input.Length); ; length = Math.Min(length + piece, input.Length))
        {
            var result = reader.Read(input[..length]);
            if (result.Status != ClientHelloStatus.NeedsMore || length == input.Length)
            {
                Expect(result.Status == expected.Status && result.Alert == expected.Alert, $"in pieces of {piece} it is {result.Status}, not {expected.Status}");
                Expect(AreEqual(result.Hello, expected.Hello), "in pieces it is another hello");
                return;
            }
        }
    }

    private static bool Equals(in ClientHelloResult one, in ClientHelloResult other) =>
        one.Status == other.Status && one.Alert == other.Alert && one.Error == other.Error && one.PlainKind == other.PlainKind && AreEqual(one.Hello, other.Hello);

    private static bool AreEqual(ClientHello? one, ClientHello? other) =>
        one is null || other is null ? one == other
            : one.ServerName == other.ServerName && one.Versions == other.Versions && one.HasEncryptedHello == other.HasEncryptedHello && one.ApplicationProtocols.SequenceEqual(other.ApplicationProtocols);

    private static void Expect(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new FuzzException(otherwise);
        }
    }
}
