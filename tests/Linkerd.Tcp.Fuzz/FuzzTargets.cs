using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Linkerd.Tcp.Dns;
using Linkerd.Tcp.Namerd.Documents;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Naming.Binding;
using Linkerd.Tcp.Naming.Files;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.ProxyProtocol;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Certificates;

namespace Linkerd.Tcp.Fuzz;

/// <summary>Every parser of what comes from a user, a file or the network.</summary>
public static class FuzzTargets
{
    private static readonly string[] NameTokens =
    [
        "/", "/svc", "/#/io.l5d.fs", "/$/inet/127.0.0.1/80", "/$/nil", "/$/fail", "/*", "=>", ";", "|", "&", "*", "(", ")", "!", "~", "$", "#", " ", "\n", "\t",
        "0.5", "1", "10.25", ".", "\\x2f", "\\x", "\\", "\u001c", "\u00a0", "é", "\ud83d\ude00", "=", ">", "%", "1e9", "99999999999999999999",
    ];

    private static readonly string[] JsonTokens =
    [
        "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u0000", "\\ud800", "\n", "\r\n", "null", "true", "0", "-1", "1.0E-4", "1e999", "\"NaN\"",
        "\"type\":\"bound\"", "\"type\":\"neg\"", "\"type\":\"leaf\"", "\"type\":\"union\"", "\"addrs\":[", "\"ip\":\"127.0.0.1\"", "\"port\":8080", "\"meta\":{}",
        "\"endpoint_addr_weight\":0.23", "\"bound\":{", "\"id\":\"/#/io.l5d.fs/web\"", "\"path\":\"/\"", "\"union\":[", "\"weight\":1.0", "\"tree\":{", "\"cause\":\"x\"",
        "\"alt\":[", "\"delegate\":{", "\"type\":\"alt\"", "\"addr\":{", "fe80::1%eth0",
    ];

    private static readonly string[] FileTokens =
    [
        "127.0.0.1", "::1", "[::1]", "localhost", "web.example", " ", "\t", "\n", "\r\n", "80", "65536", "0", "*", " * ", "#", "1e3", "-1", "NaN", "Infinity", "0x1p3", "1.5f",
        ".", "é", "\u2028", "\ufeff", "fe80::1%eth0",
    ];

    private const int MostOfDnsName = 4 * 255;

    private static readonly string[] DnsTokens =
    [
        "\u0003web\u0007example\0", "\0", "\u0001a", "\0\u0001\0\u0001", "\0\u0005\0\u0001", "\0\u001c\0\u0001", "\0\u0021\0\u0001", "\0\u0006\0\u0001", "\0\u0029",
        "\0\0\0\u003c", "\0\u0004\u000a\0\0\u0001", "\0\u0002", "\0\0", "?", "\u0004_tcp", "\u0080\0",
    ];

    private static readonly string[] ProxyTokens =
    [
        "PROXY ", "TCP4 ", "TCP6 ", "UNKNOWN", "\r\n", "\r", "\n", " ", "192.0.2.1", "::1", "::ffff:192.0.2.1", "65535", "0", "00", "ffff:", "%1",
        "\r\n\r\n\0\r\nQUIT\n", "\r\n\r\n\0\r\nQUIT\n\u0021\u0011\0\u000c", "\r\n\r\n\0\r\nQUIT\n\u0020\0\0\0", "\u0021\u0021\0\u0024", "\u0021\u0031\0", "\u0003\0\u0004", "\u0002\0\u0003abc",
        "\u0005\0\u0001a", "\u0020\0\u0005", "\u0004\0\0",
    ];

    private static readonly string[] PemTokens =
    [
        "-----BEGIN ", "-----END ", "-----", "CERTIFICATE-----", "PRIVATE KEY-----", "EC ", "RSA ", "ENCRYPTED ", "\n", "\r\n", "\r", "=", "==", ":", "Proc-Type: 4,ENCRYPTED\n", "MII", "\u0000", "\ufeff",
    ];

    private static readonly string[] CertificateTokens =
    [
        "\u0030", "\u0030\u0003", "\u0006\u0003\u0055\u001d\u0011", "\u0004\u0010", "\u0001\u0001\u00ff", "\u0002\u0001\u0001", "\u0013\u0004test", "*.example", "spiffe://e/a", "\0", "\n", "\r",
    ];

    private static readonly CertificateFiles IdentityFiles = new() { CertificateFile = "f", PassphraseFile = "f" };
    private static readonly byte[] Passphrase = "secret"u8.ToArray();
    private static readonly DateTimeOffset Now = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly PeerVerifier Verifier = new(TrustedRoots.System, IdentityPurpose.Server, [PeerName.TryParse("a.example", out var name) ? name : throw new FormatException()], TimeProvider.System);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("path", NameTokens, input => Text(input, text => DstPath.Parse(text).ToString(), text => DstPath.Parse(text).ToString())),
        new("tree", NameTokens, input => Text(input, text => NameTree.Parse(text).ToString(), text => NameTree.Parse(text).ToString())),
        new("dtab", NameTokens, Dtabs),

        // Its budget of steps bounds it, not the length of the dtab.
        new("binding", NameTokens, Bindings, FixedBytes: 128 * 1024 * 1024),
        new("json", JsonTokens, Documents),
        new("file", FileTokens, Files),

        // A configuration has what its interpreters need, and validation looks at every option.
        new("config", ConfigurationChecks.Tokens, ConfigurationChecks.Check, FixedBytes: 16 * 1024 * 1024),
        new("dns", DnsTokens, Answers),
        new("proxy", ProxyTokens, ProxyHeaders),
        .. SecurityTargets.All,

        // Chains are built, by OpenSSL, of what can be read.
        new("pem", PemTokens, Identities, FixedBytes: 1024 * 1024),
        new("certificate", CertificateTokens, Certificates, FixedBytes: 1024 * 1024),
    ];

    // What is read prints as something that is read as the same.
    private static void Text(byte[] input, Func<string, string> print, Func<string, string> again)
    {
        string printed;
        try
        {
            printed = print(Encoding.UTF8.GetString(input));
        }
        catch (NameSyntaxException e) when (e.Position >= 0 && e.Position <= input.Length)
        {
            return;
        }

        Expect(again(printed) == printed, "the print is read as something else");
    }

    private static void Dtabs(byte[] input)
    {
        if (TryDtab(input) is { } dtab)
        {
            Expect(Dtab.Parse(dtab.ToString()).Equals(dtab), "the exact print is read as another dtab");
            Expect(Dtab.Parse(dtab.ToString(NameTreeFormat.Namerd)).Entries.Length == dtab.Entries.Length, "namerd's print is read as another dtab");
        }
    }

    // Of every dtab that can be read, the names that its first entries are about, and some that most are about.
    private static void Bindings(byte[] input)
    {
        if (TryDtab(input) is not { } dtab)
        {
            return;
        }

        foreach (var name in dtab.Entries.Take(2).Select(entry => entry.Prefix.ToString()).Append("/svc/web").Where(name => !name.Contains('*', StringComparison.Ordinal)))
        {
            var path = DstPath.Parse(name);
            Expect(new TreeBinder(dtab, _ => NameBinding.Bound.Negative).Bind(new NameTree.Leaf(path)) is not null, "no binding");
        }
    }

    private static Dtab? TryDtab(byte[] input)
    {
        try
        {
            return Dtab.Parse(Encoding.UTF8.GetString(input));
        }
        catch (NameSyntaxException)
        {
            return null;
        }
    }

    private static void Documents(byte[] input)
    {
        var document = ResolveDocument.Parse(input, out var error);
        Expect((document is null) == (error is not null), "neither a document nor an error");

        Expect((BindDocument.Parse(input, out error) is null) == (error is not null), "neither a bound tree nor an error");
        using var framer = new DocumentFramer(4096);
        var taken = 0;
        for (var at = 0; at < input.Length;)
        {
            var memory = framer.GetMemory();
            var count = Math.Min(Math.Min(memory.Length, 97), input.Length - at);
            input.AsSpan(at, count).CopyTo(memory.Span);
            framer.Advance(count);
            at += count;
            while (framer.TryTake(out var frame))
            {
                Expect(frame.Bytes.Length > 0 && ++taken <= input.Length, "frames of nothing");
            }
        }

        while (framer.TryTakeRest(out _))
        {
            Expect(++taken <= input.Length + 1, "frames of nothing at the end");
        }
    }

    private static void Files(byte[] input)
    {
        var file = EndpointFileParser.Parse(input);
        Expect(file.Error is null ? file.ErrorLine == 0 : file.Endpoints.IsEmpty, "an error, and endpoints");
        Expect(file.Equals(EndpointFileParser.Parse(input)), "read twice it is not the same");
        Expect(file.Endpoints.All(endpoint => endpoint.Host.Length > 0 && endpoint.Port is > 0 and <= 65535), "an endpoint of nothing");
    }

    // As many as a question over TCP may get; what is read of it has names that can be names.
    private static void Answers(byte[] input)
    {
        if (DnsMessage.Read(input) is not { } message)
        {
            return;
        }

        var records = message.Answers.Concat(message.Authorities).Concat(message.Additional).ToList();
        Expect(records.Count <= input.Length / 11, "more records than bytes");
        Expect(records.All(record => record.Name.Length < MostOfDnsName && (record.Alias?.Length ?? 0) < MostOfDnsName), "a name that is too long");
        var server = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 53);
        foreach (var kind in Enum.GetValues<DnsRecordKind>())
        {
            foreach (var name in records.Take(3).Select(record => record.Name).Append("web.example"))
            {
                var reply = DnsAnswer.ToReply(message, server, name, kind);
                Expect((reply.Status == DnsStatus.Found) == (reply.Answers.Count > 0), "found, and nothing there");
                Expect(reply.Error is null == reply.Status is DnsStatus.Found or DnsStatus.Negative, "neither an answer nor an error");
            }
        }

        DnsQuestion.Create("web.example", DnsType.A, withExtension: true)!.IsAnsweredBy(input);
    }

    // What is read is written as something that is read as the same; a header that is whole needs each of its bytes, and none behind it.
    private static void ProxyHeaders(byte[] input)
    {
        var result = ProxyHeader.Read(input);
        Expect((result.Status == ProxyReadStatus.Done) == (result.Header is not null), "done, and no header");
        Expect((result.Status == ProxyReadStatus.Invalid) == (result.Error is not null), "refused, and no reason");
        if (result.Header is not { } header)
        {
            Expect(result.Consumed == 0, "no header has a length");
            Expect(result.Status == ProxyReadStatus.Invalid || input.Length < ProxyHeader.DefaultMaxLength, "more is wanted than there may be");
            Expect(result.Status == ProxyReadStatus.NeedsMore || ProxyHeader.Read([.. input, 0]).Status == ProxyReadStatus.Invalid, "refused, but not with more behind it");
            return;
        }

        Expect(result.Consumed is > 0 and <= ProxyHeader.DefaultMaxLength && result.Consumed <= input.Length, "longer than the input");
        Expect(ProxyHeader.Read(input.AsSpan(0, result.Consumed - 1)).Status == ProxyReadStatus.NeedsMore, "its last byte is not needed");
        Expect(ProxyHeader.Read(input.AsSpan(0, result.Consumed)).Consumed == result.Consumed, "it needs what follows it");
        Expect(header.Tlvs.Sum(tlv => tlv.Value.Length + 3) <= result.Consumed, "fields of more bytes than it has");
        _ = (header.Authority, header.Alpn, header.UniqueId, header.IsLocal, header.ToString());

        var buffer = new byte[header.GetMaxLength(ProxyProtocolVersion.V2)];
        var again = ProxyHeader.Read(buffer.AsSpan(0, header.Write(buffer, ProxyProtocolVersion.V2, withChecksum: true)), ushort.MaxValue - 255);
        Expect(again.Status == ProxyReadStatus.Done, "what it writes is refused");
        var hasAddresses = header is { Source: System.Net.IPEndPoint, Destination: System.Net.IPEndPoint };
        Expect(!hasAddresses || (Equals(again.Header!.Source, header.Source) && Equals(again.Header.Destination, header.Destination)), "what it writes has other addresses");
        Expect(Fields(again.Header!).SequenceEqual(Fields(header)), "what it writes has other fields");
        buffer = new byte[header.GetMaxLength(ProxyProtocolVersion.V1)];
        again = ProxyHeader.Read(buffer.AsSpan(0, header.Write(buffer, ProxyProtocolVersion.V1)));
        Expect(again.Status == ProxyReadStatus.Done && (!hasAddresses || Equals(again.Header!.Source, header.Source)), "its line is read as something else");
    }

    // A file with everything in it, PEM or PFX.
    private static void Identities(byte[] input)
    {
        var document = PemDocument.Parse(input);
        Expect((document.Error is null) == (document.ErrorLine == 0), "an error without a line, or a line without an error");
        Expect(document.Blocks.All(block => block.Content.Length > 0 && block.Line > 0 && block.Label.Length > 0), "a block of nothing");
        var (identity, problem) = IdentityLoader.Read(IdentityFiles, input, null, Passphrase, IdentityPurpose.Server, Now);
        Expect(identity is null != problem is null, "neither an identity nor a problem");
        Expect(problem is null || (problem.Message.StartsWith("f: ", StringComparison.Ordinal) && problem.Option.Length > 0), "a problem of no file");
        if (identity is not null)
        {
            Expect(identity.Chain.Length > 0 && identity.Names.All(HostPattern.IsValid), "an identity of nothing");
            _ = (new TlsIdentitySet([identity]).Select("a.example"), identity.ToString(), identity.IsSame(identity));
            identity.Context.TargetCertificate.Dispose();
        }
    }

    // What a peer may send.
    private static void Certificates(byte[] input)
    {
        X509Certificate2 certificate;
        try
        {
            certificate = X509CertificateLoader.LoadCertificate(input);
        }
        catch (CryptographicException)
        {
            return;
        }

        using (certificate)
        {
            var names = CertificateNames.Of(certificate);
            Expect(names.Dns.All(HostPattern.IsValid) && names.ToString().Length < 20_000, "a name that is none");
            Expect(CertificateNames.CommonNameOf(certificate) is not { } name || HostPattern.IsValid(name), "a common name that is none");
            var verdict = Verifier.Verify(certificate, []);
            Expect(verdict.IsAccepted == verdict.Problem is null, "neither accepted nor a problem");
            Expect(verdict.Problem is null || !verdict.Problem.Any(char.IsControl), "a problem of several lines");
        }
    }

    private static IEnumerable<string> Fields(ProxyHeader header) =>
        header.Tlvs.Where(tlv => tlv.Type != ProxyTlvType.Crc32C).Select(tlv => $"{tlv.Type} {Convert.ToHexString(tlv.Value.Span)}");

    private static void Expect(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new FuzzException(otherwise);
        }
    }
}
