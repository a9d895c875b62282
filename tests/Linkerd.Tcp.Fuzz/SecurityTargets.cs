using System.Text;
using Linkerd.Tcp.Fuzz.OpenSsl;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Hello;
using Linkerd.Tcp.Security.Routing;

namespace Linkerd.Tcp.Fuzz;

/// <summary>The parsers of what a client begins with, and of the rules that route by it.</summary>
internal static class SecurityTargets
{
    private static readonly string[] HelloTokens =
    [
        "\u0016\u0003\u0001", "\u0016\u0003\u0001\0\u0001", "\u0016\u0003\u0003\0\0", "\u0016\u0003\u0001\u0040\u0000", "\u0001\0", "\0\0", "\0\u0001", "\0\0\0\u0014\0\u0012\0\0\u000f", "\0\0\u000b",
        "\0\0\0\u0005\0\u0003\0\0\0", "www.example.com", "192.0.2.1", "::1", ".", "\0\u0010\0\u0005\0\u0003\u0002h2", "\0\u002b\0\u0003\u0002\u0003\u0004", "\0\u002b", "\n\n\0\0", "\0\u0015\0\u0004", "\u0003\u0003", "\u0002",
        "GET / HTTP/1.1\r\n", "SSH-2.0-", "\u0015\u0003\u0003\0\u0002\u0002", "\u0014\u0003\u0003\0\u0001\u0001", "\u007f",
    ];

    // The Mutator writes UTF-8, so bytes above 127 come from other recordings.
    private static readonly string[] HandshakeTokens =
    [
        "\u0016\u0003\u0003", "\u0016\u0003\u0001\0\u0004", "\u0014\u0003\u0003\0\u0001\u0001", "\u0015\u0003\u0003\0\u0002\u0002\u0028", "\u0015\u0003\u0003\0\u0002\u0001\0", "\u0017\u0003\u0003\0\0", "\u0017\u0003\u0003\u0040\0",
        "\u0001\0\0", "\u0002\0\0", "\u000b\0\0", "\u000c\0\0", "\u000d\0\0", "\u000e\0\0\0", "\u0010\0\0", "\u0014\0\0\u000c", "\u0018\0\0\u0001\u0001", "\u0004\0\0", "\u0008\0\0\u0002\0\0", "\0\u002b\0\u0002\u0003\u0004", "\0\u0033",
        "\0\u0010\0\u0005\0\u0003\u0002h2", "\0\0\0\u0005\0\u0003\0\0", "\u0003\u0003", "\u0003\u0001", "\0", "\u007f",
    ];

    private static readonly string[] PostgresTokens = ["\0\0\0\u0008", "\u0004\u00d2\u0016\u002f", "\0\0\0\u0010", "\0\u0003\0\0", "\0\u0003\0\u0002", "\u0016\u0003\u0001", "user\0postgres\0", "\0", "\u0004", "/", ".", "0"];

    private static readonly string[] RuleTokens =
    [
        "*", ".", "*.", "example", "www.example.com", "=", "=/", "/svc/", "{1}", "{2}", "{", "}", "{0}", "{99999999999}", ",", ",alpn=", "alpn=", "alpn", "h2", "http/1.1", "\\x2f", "\\x", "-", "_", " ", "#", "é", "xn--", "192.0.2.1", "::1",
        "\u3002", "\ud83d\ude00", "$", ";",
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("hello", HelloTokens, input => HelloChecks.Check(input, input.Length == 0 ? 1 : 1 + (input[^1] % 64))),

        // OpenSSL's sessions and the first use of everything are in it.
        new("handshake", HandshakeTokens, HandshakeChecks.Check, FixedBytes: 16 * 1024 * 1024),
        new("handshake-live", ["\0\u0001\0\u0001", "\u0001\0\u0004\0", "\0\u0005\u0002\u0016", "\u0002\u0010\u0001\0", "\0\0\u0005\0"], HandshakeChecks.CheckLive, FixedBytes: 64 * 1024 * 1024),
        new("openssl", ["\u0001\0\u0005\u0001", "\u0002\0\u0005\u0001", "\u0003\u0001\u0010\u0001", "\u001e\0\u0002\0", "\u001f\0\u0020\u0001", "\u001a\u0001\0\0", "\u0013\0\0\u0002"], OpenSslChecks.Check, FixedBytes: 64 * 1024 * 1024),
        new("postgres", PostgresTokens, PostgresRequests),
        new("sni-route", RuleTokens, Rules),
        new("prelude", [.. HelloTokens, .. PostgresTokens, "example.com", "localhost", "postgresql"], PreludeChecks.Check),
    ];

    // What it is is known from the same byte on, however much follows.
    private static void PostgresRequests(byte[] input)
    {
        var result = PostgresRequest.Read(input);
        Expect(result.Kind != PostgresRequestKind.NeedsMore || input.Length < 8, "more is wanted than is looked at");
        Expect((result.Length >= 8) == result.Kind is PostgresRequestKind.Ssl or PostgresRequestKind.GssEncryption or PostgresRequestKind.Cancel or PostgresRequestKind.Startup, "a request without a length");
        var isKnown = false;
        for (var length = 0; length <= Math.Min(input.Length, 9); length++)
        {
            var part = PostgresRequest.Read(input.AsSpan(0, length));
            Expect(part.Kind == PostgresRequestKind.NeedsMore ? !isKnown : part == result, "more bytes make it something else");
            isKnown |= part.Kind != PostgresRequestKind.NeedsMore;
        }
    }

    // What is read prints as something that is read as the same, and finds names that its pattern is made for.
    private static void Rules(byte[] input)
    {
        ServerNameRule rule;
        try
        {
            rule = ServerNameRule.Parse(Encoding.UTF8.GetString(input));
        }
        catch (NameSyntaxException e) when (e.Position >= 0 && e.Position <= input.Length)
        {
            return;
        }

        Expect(ServerNameRule.Parse(rule.ToString()).ToString() == rule.ToString(), "the print is read as something else");
        var rules = new ServerNameRules([rule], null);
        var name = rule.Pattern.Labels.IsEmpty ? null : string.Join('.', rule.Pattern.Labels).Replace("*", "any", StringComparison.Ordinal);
        var isTooLong = name?.Length > 255;
        Expect(isTooLong || rules.Find(name, rule.Pattern.Protocol is { } protocol ? [protocol] : []) is { Count: > 0 }, "a name that fits is not found");
        Expect(name is null || rules.Find("x" + name + ".other", []) is null, "a name that does not fit is found");
    }

    private static void Expect(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new FuzzException(otherwise);
        }
    }
}
