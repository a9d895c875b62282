using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Linkerd.Tcp.Security.Certificates;

/// <summary>Reads the files of certificates, keys and passphrases, with errors that name the file and the place in it.</summary>
/// <param name="Path">The path of the file, for errors.</param>
/// <param name="Option">The option that names it.</param>
internal readonly record struct CertificateReader(string Path, string Option)
{
    // The defaults of the runtime refuse what OWASP recommends, and a file of a user's own needs no tighter bound than its key.
    private static readonly Pkcs12LoaderLimits Limits = new(Pkcs12LoaderLimits.Defaults)
    {
        IndividualKdfIterationLimit = PrivateKeyReader.MaxIterations,
        MacIterationLimit = PrivateKeyReader.MaxIterations,
        TotalKdfIterationLimit = 3 * PrivateKeyReader.MaxIterations,
    };

    private const int InvalidPassword = unchecked((int)0x80070056);

    /// <summary>Makes the exception of an error in the file.</summary>
    public CertificateLoadException Fail(CertificateFailure failure, string problem) => new(failure, Option, $"{Path}: {problem}");

    /// <summary>Reads the blocks of a PEM file.</summary>
    /// <exception cref="CertificateLoadException">It is none.</exception>
    public IReadOnlyList<PemBlock> ReadPem(byte[] file, string expected)
    {
        var document = PemDocument.Parse(file);
        if (document.Error is not null)
        {
            Clear(document.Blocks);
            throw Fail(CertificateFailure.Malformed, FormattableString.Invariant($"line {document.ErrorLine}: {document.Error}"));
        }

        if (document.Blocks.IsEmpty)
        {
            var kind = FileContentKind.Of(file);
            throw Fail(CertificateFailure.Malformed, $"{expected} in PEM was expected, not {kind}" + kind switch
            {
                FileContentKind.CertificateInDer => " (convert it: openssl x509 -inform DER -in FILE -out NEW)",
                FileContentKind.RevocationListInDer => " (convert it: openssl crl -inform DER -in FILE -out NEW)",
                FileContentKind.KeyInDer => " (convert it: openssl pkey -inform DER -in FILE -out NEW)",
                FileContentKind.Pfx => ", which is given as the certificate file",
                _ => string.Empty,
            });
        }

        return document.Blocks;
    }

    /// <summary>Reads the certificates among blocks.</summary>
    /// <returns>At least one; the caller disposes them.</returns>
    /// <exception cref="CertificateLoadException">There is none, or one is damaged.</exception>
    public X509Certificate2Collection ReadCertificates(IReadOnlyList<PemBlock> blocks)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            foreach (var block in blocks.Where(static block => block.Label is "CERTIFICATE" or "X509 CERTIFICATE"))
            {
                try
                {
                    certificates.Add(X509CertificateLoader.LoadCertificate(block.Content));
                }
                catch (CryptographicException)
                {
                    throw Fail(CertificateFailure.Malformed, FormattableString.Invariant($"line {block.Line}: the content of the block {block.Label} is not a certificate, or is damaged"));
                }
            }

            return certificates.Count > 0 ? certificates : throw Fail(CertificateFailure.Malformed, $"a certificate was expected, not {FileContentKind.Of(blocks)}");
        }
        catch
        {
            Dispose(certificates);
            throw;
        }
    }

    /// <summary>Reads the certificates and keys of a PFX file.</summary>
    /// <returns>Certificates, of which some have their key; the caller disposes them.</returns>
    /// <exception cref="CertificateLoadException">It cannot be read.</exception>
    public X509Certificate2Collection ReadPfx(byte[] file, string? passphrase)
    {
        try
        {
            return X509CertificateLoader.LoadPkcs12Collection(file, passphrase, X509KeyStorageFlags.Exportable, Limits);
        }
        catch (Pkcs12LoadLimitExceededException e)
        {
            throw Fail(CertificateFailure.Unsupported, $"the PFX file takes too much to read: {e.Message}");
        }
        catch (CryptographicException e) when (e.HResult == InvalidPassword)
        {
            throw Fail(CertificateFailure.Passphrase, passphrase is null ? "the PFX file needs a passphrase, and there is no passphrase file" : "the passphrase of the PFX file is wrong, or the file is damaged");
        }
        catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException)
        {
            throw Fail(
                CertificateFailure.Unsupported,
                $"the PFX file is damaged, or is encrypted as OpenSSL 3 does not support it, with RC2 for example ({e.Message}); convert it: openssl pkcs12 -legacy -in FILE -nodes -out NEW.pem");
        }
    }

    /// <summary>Reads a passphrase: the whole file, without the line break at its end.</summary>
    /// <exception cref="CertificateLoadException">It is none.</exception>
    public string ReadPassphrase(byte[] file)
    {
        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(file);
            text = text.EndsWith('\n') ? text[..^1] : text;
            text = text.EndsWith('\r') ? text[..^1] : text;
            return text.Length == 0 || text.Contains('\n', StringComparison.Ordinal) ? throw Fail(CertificateFailure.Passphrase, "one line was expected, with the passphrase") : text;
        }
        catch (DecoderFallbackException)
        {
            throw Fail(CertificateFailure.Passphrase, "a passphrase in UTF-8 was expected");
        }
    }

    public static void Dispose(X509Certificate2Collection certificates)
    {
        foreach (var certificate in certificates)
        {
            certificate.Dispose();
        }
    }

    /// <summary>Overwrites the contents of blocks, of which some may be keys.</summary>
    public static void Clear(IEnumerable<PemBlock> blocks)
    {
        foreach (var block in blocks)
        {
            CryptographicOperations.ZeroMemory(block.Content);
        }
    }
}
