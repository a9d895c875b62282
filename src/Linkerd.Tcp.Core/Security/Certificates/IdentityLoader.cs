using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Linkerd.Tcp.Security.Certificates;

/// <summary>The sides of a handshake on which an identity is presented.</summary>
internal enum IdentityPurpose
{
    /// <summary>To clients, by a listener.</summary>
    Server,

    /// <summary>To servers.</summary>
    Client,
}

/// <summary>Loads identities from their files, and checks each as a whole. Blocks on the file system: not for event loops.</summary>
internal static class IdentityLoader
{
    private const string CertificateOption = nameof(CertificateFiles.CertificateFile);
    private const string ChainOption = nameof(CertificateFiles.ChainFiles);
    private const string KeyOption = nameof(CertificateFiles.KeyFile);
    private const string PassphraseOption = nameof(CertificateFiles.PassphraseFile);

    /// <summary>Loads an identity. One that has expired is loaded, too.</summary>
    public static CertificateLoad<TlsIdentity> Load(CertificateFiles files, IdentityPurpose purpose, DateTimeOffset now)
    {
        byte[]? certificates = null;
        byte[]? key = null;
        byte[]? passphrase = null;
        try
        {
            certificates = BoundedFile.Read(files.CertificateFile, CertificateOption);
            foreach (var chain in files.ChainFiles)
            {
                // A file may end without a line break.
                certificates = Joined(certificates, BoundedFile.Read(chain, ChainOption));
            }

            key = files.KeyFile is null ? null : BoundedFile.Read(files.KeyFile, KeyOption);
            passphrase = files.PassphraseFile is null ? null : BoundedFile.Read(files.PassphraseFile, PassphraseOption);
            var ocspResponse = files.OcspFile is null ? null : OcspResponse.Load(files.OcspFile);
            return Read(files, certificates, key, passphrase, purpose, now, ocspResponse);
        }
        catch (CertificateLoadException e)
        {
            return new(null, e.Problem);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(certificates);
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(passphrase);
        }
    }

    private static byte[] Joined(byte[] certificates, byte[] chain)
    {
        byte[] joined = [.. certificates, (byte)'\n', .. chain];
        CryptographicOperations.ZeroMemory(certificates);
        return joined;
    }

    /// <summary>Reads an identity from the contents of its files.</summary>
    public static CertificateLoad<TlsIdentity> Read(CertificateFiles files, byte[] certificates, byte[]? key, byte[]? passphrase, IdentityPurpose purpose, DateTimeOffset now, byte[]? ocspResponse = null)
    {
        var reader = new CertificateReader(files.CertificateFile, CertificateOption);
        X509Certificate2Collection read = [];
        var blocks = new List<PemBlock>();
        try
        {
            var secret = passphrase is null ? null : new CertificateReader(files.PassphraseFile!, PassphraseOption).ReadPassphrase(passphrase);
            X509Certificate2 own;
            bool? isFirst = null;
            if (certificates is [0x30, ..] && FileContentKind.Of(certificates) == FileContentKind.Pfx)
            {
                read = reader.ReadPfx(certificates, secret);
                own = TakeKeyed(reader, read, hasKeyFile: key is not null);
            }
            else
            {
                blocks.AddRange(reader.ReadPem(certificates, "a certificate"));
                read = reader.ReadCertificates(blocks);
                (own, isFirst) = Join(files, read, blocks, key, secret);
            }

            return new(Make(reader, own, read, isFirst, purpose, now, ocspResponse), null);
        }
        catch (CertificateLoadException e)
        {
            return new(null, e.Problem);
        }
        finally
        {
            CertificateReader.Clear(blocks);
            CertificateReader.Dispose(read);
        }
    }

    // Its certificate with its key leaves the collection.
    private static X509Certificate2 TakeKeyed(CertificateReader reader, X509Certificate2Collection read, bool hasKeyFile)
    {
        var keyed = Enumerable.Range(0, read.Count).Where(i => read[i].HasPrivateKey).ToList();
        if (hasKeyFile || keyed.Count != 1)
        {
            throw reader.Fail(
                CertificateFailure.Malformed,
                hasKeyFile ? "a PFX file has the key in it: no key file was expected" : FormattableString.Invariant($"one certificate with its private key was expected in the PFX file, not {keyed.Count}"));
        }

        var own = read[keyed[0]];
        CheckAlgorithm(reader, own);
        read.RemoveAt(keyed[0]);
        return own;
    }

    // Its own certificate leaves the collection; and whether it was the first.
    private static (X509Certificate2 Own, bool IsFirst) Join(CertificateFiles files, X509Certificate2Collection read, List<PemBlock> blocks, byte[]? keyFile, string? passphrase)
    {
        var reader = new CertificateReader(files.CertificateFile, CertificateOption);
        var keyReader = keyFile is null ? reader with { Option = KeyOption } : new CertificateReader(files.KeyFile!, KeyOption);
        var keyBlocks = keyFile is null ? blocks : keyReader.ReadPem(keyFile, "a private key");
        try
        {
            var keys = keyBlocks.Where(static block => PrivateKeyReader.IsKey(block.Label)).ToList();
            if (keys.Count != 1)
            {
                throw keyReader.Fail(
                    CertificateFailure.Malformed,
                    keys.Count > 0 ? FormattableString.Invariant($"line {keys[1].Line}: one private key was expected, and this is another one")
                    : keyFile is null ? "there is no private key behind the certificates, and no key file is given"
                    : $"a private key was expected, not {FileContentKind.Of(keyBlocks)}");
            }

            CheckAlgorithm(reader, read[0]);
            var expectsEc = read[0].PublicKey.Oid.Value == PrivateKeyReader.EcAlgorithm;
            using var key = PrivateKeyReader.Read(keys[0], passphrase, expectsEc, (failure, problem) => keyReader.Fail(failure, FormattableString.Invariant($"line {keys[0].Line}: {problem}")));
            for (var i = 0; i < read.Count; i++)
            {
                if (TryJoin(read[i], key) is { } joined)
                {
                    read[i].Dispose();
                    read.RemoveAt(i);
                    return (joined, i == 0);
                }
            }

            throw keyReader.Fail(
                CertificateFailure.Mismatch,
                $"the key ({(key is RSA ? "RSA" : "ECDSA")}) does not fit the certificate {CertificateNames.Print(read[0].SubjectName)} ({PrivateKeyReader.NameOf(read[0].PublicKey.Oid.Value)}) in {files.CertificateFile}");
        }
        finally
        {
            if (keyFile is not null)
            {
                CertificateReader.Clear(keyBlocks);
            }
        }
    }

    private static X509Certificate2? TryJoin(X509Certificate2 certificate, AsymmetricAlgorithm key)
    {
        try
        {
            return key switch
            {
                RSA rsa when certificate.PublicKey.Oid.Value == PrivateKeyReader.RsaAlgorithm => certificate.CopyWithPrivateKey(rsa),
                ECDsa ecdsa when certificate.PublicKey.Oid.Value == PrivateKeyReader.EcAlgorithm => certificate.CopyWithPrivateKey(ecdsa),
                _ => null,
            };
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            // Its public key is another one.
            return null;
        }
    }

    private static void CheckAlgorithm(CertificateReader reader, X509Certificate2 certificate)
    {
        if (certificate.PublicKey.Oid.Value is not (PrivateKeyReader.RsaAlgorithm or PrivateKeyReader.EcAlgorithm))
        {
            throw reader.Fail(
                CertificateFailure.Unsupported, $"a certificate for an RSA or ECDSA key was expected, not {PrivateKeyReader.NameOf(certificate.PublicKey.Oid.Value)}");
        }
    }

    private static TlsIdentity Make(CertificateReader reader, X509Certificate2 own, X509Certificate2Collection others, bool? isFirst, IdentityPurpose purpose, DateTimeOffset now, byte[]? ocspResponse)
    {
        var subject = CertificateNames.Print(own.SubjectName);
        try
        {
            var chain = IdentityChain.Order(own, others);

            // The order in a PFX file has no meaning.
            var isOrdered = isFirst is not { } first || (first && chain.IsInOrder);
            var warnings = chain.FindWarnings(purpose, isOrdered, now);
            if (OperatingSystem.IsWindows())
            {
                // SChannel takes no key that is only in memory.
                var stored = X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
                own.Dispose();
                own = stored;
            }

            return new TlsIdentity(reader.Path, own, chain.Intermediates, warnings, ocspResponse);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            own.Dispose();
            throw reader.Fail(CertificateFailure.Malformed, $"the certificate {subject} cannot be used: {e.Message}");
        }
    }
}
