using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Linkerd.Tcp.Security.Certificates;

/// <summary>Reads a private key of a PEM block.</summary>
internal static class PrivateKeyReader
{
    public const string RsaAlgorithm = "1.2.840.113549.1.1.1";
    public const string EcAlgorithm = "1.2.840.10045.2.1";

    /// <summary>The most rounds of a key derivation: a number that a damaged file may have would take for ever. OWASP recommends 600,000 for SHA-256.</summary>
    public const int MaxIterations = 2_000_000;

    private const int MaxRsaBits = 16384;

    /// <summary>Returns whether a label is that of a private key, readable or not.</summary>
    public static bool IsKey(string label) => label.EndsWith("PRIVATE KEY", StringComparison.Ordinal);

    /// <summary>Reads a key.</summary>
    /// <param name="block">The block.</param>
    /// <param name="passphrase">The passphrase; null if there is none.</param>
    /// <param name="expectsEc">Whether to try ECDSA before RSA if the algorithm is encrypted with the key.</param>
    /// <param name="fail">Makes the exception of an error.</param>
    /// <returns>An <see cref="RSA"/> or an <see cref="ECDsa"/>.</returns>
    /// <exception cref="CertificateLoadException">It cannot be read.</exception>
    public static AsymmetricAlgorithm Read(in PemBlock block, string? passphrase, bool expectsEc, Func<CertificateFailure, string, CertificateLoadException> fail)
    {
        if (block.IsEncrypted)
        {
            throw fail(CertificateFailure.Unsupported, "the key is encrypted in OpenSSL's traditional format; convert it: openssl pkcs8 -topk8 -in FILE -out NEW");
        }

        try
        {
            switch (block.Label)
            {
                case "PRIVATE KEY":
                    return ReadPlain(block.Content, fail);
                case "RSA PRIVATE KEY":
                    return Import(RSA.Create(), block.Content, static (key, content) => key.ImportRSAPrivateKey(content, out _));
                case "EC PRIVATE KEY":
                    return Import(ECDsa.Create(), block.Content, static (key, content) => key.ImportECPrivateKey(content, out _));
                case "ENCRYPTED PRIVATE KEY" when string.IsNullOrEmpty(passphrase):
                    throw fail(CertificateFailure.Passphrase, "the key is encrypted, and there is no passphrase file");
                case "ENCRYPTED PRIVATE KEY":
                    return ReadEncrypted(block.Content, passphrase, expectsEc, fail);
                case "OPENSSH PRIVATE KEY":
                    throw fail(CertificateFailure.Unsupported, "the key is in the format of OpenSSH; convert it: ssh-keygen -p -m PEM -f FILE");
                default:
                    throw fail(CertificateFailure.Unsupported, $"an RSA or ECDSA key was expected, not '{block.Label}'");
            }
        }
        catch (Exception e) when (e is CryptographicException or AsnContentException or PlatformNotSupportedException or ArgumentException or OverflowException)
        {
            throw fail(CertificateFailure.Malformed, $"the content of the block {block.Label} is not such a key, or is damaged");
        }
    }

    private static AsymmetricAlgorithm ReadPlain(byte[] content, Func<CertificateFailure, string, CertificateLoadException> fail)
    {
        var reader = new AsnReader(content, AsnEncodingRules.BER).ReadSequence();
        reader.ReadInteger();
        return reader.ReadSequence().ReadObjectIdentifier() switch
        {
            RsaAlgorithm => Import(RSA.Create(), content, static (key, content) => key.ImportPkcs8PrivateKey(content, out _)),
            EcAlgorithm => Import(ECDsa.Create(), content, static (key, content) => key.ImportPkcs8PrivateKey(content, out _)),
            var other => throw fail(CertificateFailure.Unsupported, $"an RSA or ECDSA key was expected, not {NameOf(other)}"),
        };
    }

    // The algorithm is known only when the key is decrypted, and the API of each one decrypts for itself.
    private static AsymmetricAlgorithm ReadEncrypted(byte[] content, string passphrase, bool expectsEc, Func<CertificateFailure, string, CertificateLoadException> fail)
    {
        if (IterationsOf(content) > MaxIterations)
        {
            throw fail(CertificateFailure.Unsupported, FormattableString.Invariant($"the key derivation has more than {MaxIterations} iterations"));
        }

        foreach (var isEc in new[] { expectsEc, !expectsEc })
        {
            AsymmetricAlgorithm key = isEc ? ECDsa.Create() : RSA.Create();
            try
            {
                return Import(key, content, (key, content) => key.ImportEncryptedPkcs8PrivateKey(passphrase, content, out _));
            }
            catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException)
            {
                continue;
            }
        }

        throw fail(CertificateFailure.Passphrase, "the passphrase is wrong, or the key is neither RSA nor ECDSA, or its encryption is not supported (convert it: openssl pkcs8 -topk8 -v2 aes256 -in FILE -out NEW)");
    }

    /// <summary>Reads the number of rounds of the key derivation of an EncryptedPrivateKeyInfo (RFC 5958, 3; RFC 8018, A.2 to A.4).</summary>
    private static long IterationsOf(byte[] content)
    {
        var algorithm = new AsnReader(content, AsnEncodingRules.BER).ReadSequence().ReadSequence();
        algorithm.ReadObjectIdentifier();
        var parameters = algorithm.ReadSequence();

        // PBES2 has the derivation in a sequence of its own: its identifier, and its parameters.
        if (parameters.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
        {
            var derivation = parameters.ReadSequence();
            derivation.ReadObjectIdentifier();
            parameters = derivation.ReadSequence();
        }

        parameters.ReadOctetString();
        return parameters.TryReadInt64(out var iterations) ? iterations : long.MaxValue;
    }

    private static T Import<T>(T key, byte[] content, Action<T, byte[]> import)
        where T : AsymmetricAlgorithm
    {
        try
        {
            import(key, content);
            return key is RSA { KeySize: > MaxRsaBits } ? throw new CryptographicException() : key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Returns the name of the algorithm of a key.</summary>
    public static string NameOf(string? algorithm) => algorithm switch
    {
        RsaAlgorithm => "RSA",
        EcAlgorithm => "ECDSA",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        "1.2.840.10040.4.1" => "DSA",
        "1.2.840.113549.1.1.10" => "RSA-PSS",
        _ => $"the algorithm {algorithm}",
    };
}
