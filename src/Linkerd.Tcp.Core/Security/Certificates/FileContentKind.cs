using System.Formats.Asn1;

namespace Linkerd.Tcp.Security.Certificates;

/// <summary>Recognizes the formats in which certificates and keys are handed around, and others that are found in their place.</summary>
internal static class FileContentKind
{
    public const string Pfx = "a PFX file";
    public const string CertificateInDer = "a certificate in DER";
    public const string RevocationListInDer = "a revocation list in DER";
    public const string KeyInDer = "a private key in DER";

    /// <summary>Returns what a file without any PEM block holds, in words.</summary>
    public static string Of(ReadOnlySpan<byte> file)
    {
        if (file is [0x30, ..])
        {
            return OfDer(file.ToArray());
        }

        return file.TrimStart(" \t\r\n"u8) switch
        {
            [] => "white space alone",
            [0xff, 0xfe, ..] or [0xfe, 0xff, ..] => "text in UTF-16, instead of ASCII or UTF-8",
            [(byte)'<', ..] => "HTML or XML",
            [(byte)'{', ..] => "JSON",
            var text when text.StartsWith("ssh-"u8) || text.StartsWith("ecdsa-sha2-"u8) => "a public key of OpenSSH",
            var text when text.StartsWith("MII"u8) => "base64 without its BEGIN and END lines",
            var text when text.ContainsAnyInRange((byte)0, (byte)8) => "binary data",
            _ => "text without a BEGIN line",
        };
    }

    /// <summary>Returns the labels of PEM blocks in words, for the place of a block that was expected and is not there.</summary>
    public static string Of(IEnumerable<PemBlock> blocks) => string.Join(", ", blocks.Select(static block => block.Label).Distinct().Take(4).Select(Of));

    private static string Of(string label) => label switch
    {
        "CERTIFICATE" or "X509 CERTIFICATE" => "a certificate",
        "CERTIFICATE REQUEST" or "NEW CERTIFICATE REQUEST" => "a certificate signing request, for which an authority issues the certificate",
        "TRUSTED CERTIFICATE" => "a certificate in OpenSSL's own format (convert it: openssl x509 -in FILE -out NEW)",
        "PKCS7" or "CMS" => "PKCS #7 (convert it: openssl pkcs7 -print_certs -in FILE -out NEW)",
        "X509 CRL" => "a revocation list",
        "PUBLIC KEY" or "RSA PUBLIC KEY" => "a public key",
        _ when PrivateKeyReader.IsKey(label) => $"a private key ({label})",
        _ => label,
    };

    // Version, algorithm and issuer are followed by a time, not by a validity (RFC 5280, 4.1 and 5.1).
    private static bool IsRevocationList(AsnReader content)
    {
        if (content.PeekTag() == Asn1Tag.Integer)
        {
            content.ReadInteger();
        }

        for (var i = 0; i < 2 && content.HasData && content.PeekTag() == Asn1Tag.Sequence; i++)
        {
            content.ReadSequence();
        }

        return content.HasData && (content.PeekTag() == Asn1Tag.UtcTime || content.PeekTag() == Asn1Tag.GeneralizedTime);
    }

    private static string OfDer(byte[] file)
    {
        try
        {
            var content = new AsnReader(file, AsnEncodingRules.BER).ReadSequence();
            if (content.PeekTag() == Asn1Tag.Integer)
            {
                return content.ReadInteger() == 3 && content.PeekTag() == Asn1Tag.Sequence ? Pfx : KeyInDer;
            }

            var inner = content.ReadSequence();
            return inner.PeekTag() == Asn1Tag.ObjectIdentifier ? KeyInDer : IsRevocationList(inner) ? RevocationListInDer : CertificateInDer;
        }
        catch (AsnContentException)
        {
            return "binary data";
        }
    }
}
