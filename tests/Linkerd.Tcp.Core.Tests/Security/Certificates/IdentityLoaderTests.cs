using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.TestUtilities.Certificates;
using Linkerd.Tcp.TestUtilities.Files;
using Xunit;
using static Linkerd.Tcp.Tests.Security.Certificates.IdentityFixture;

namespace Linkerd.Tcp.Tests.Security.Certificates;

/// <summary>Identities in every format that is read, and every error of those that are not.</summary>
public sealed class IdentityLoaderTests
{
    private static readonly PbeParameters Aes = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);
    private static readonly PbeParameters TripleDes = new(PbeEncryptionAlgorithm.TripleDes3KeyPkcs12, HashAlgorithmName.SHA1, 1000);

    public static TheoryData<string> Formats =>
    [
        "PKCS #8", "PKCS #8 with CR LF", "PKCS #1", "SEC 1", "encrypted AES", "encrypted 3DES", "bundle", "key first", "PFX", "PFX without passphrase", "PFX with a chain",
    ];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Read_EveryFormatWithBothAlgorithms_GivesTheCertificateWithItsKey(string format)
    {
        using var p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        foreach (var key in new AsymmetricAlgorithm[] { RsaKey, p256, p384 })
        {
            if ((format == "PKCS #1" && key is not RSA) || (format == "SEC 1" && key is RSA))
            {
                continue;
            }

            using var certificate = Root.Issue(new TestCertificate("a.example") { Key = key });
            var (loaded, problem) = ReadAs(format, certificate, key);

            Assert.Null(problem);
            Assert.Equal(certificate.GetCertHashString(HashAlgorithmName.SHA256), loaded!.Thumbprint);
            Assert.Equal(["a.example"], loaded.Names);
            Assert.Equal(key is ECDsa, loaded.IsEcdsa);
            Assert.Equal(certificate.NotAfter.ToUniversalTime(), loaded.NotAfter.UtcDateTime);
            Assert.Empty(loaded.Warnings);
            Assert.True(loaded.Context.TargetCertificate.HasPrivateKey);
            AssertFits(loaded.ExportKey(), certificate);
        }
    }

    [Theory]
    [InlineData(Recorded.EcKey, null)]
    [InlineData(Recorded.EncryptedKey, "secret")]
    [InlineData(Recorded.EncryptedKey, "secret\n")]
    [InlineData(Recorded.EncryptedKey, "secret\r\n")]
    [InlineData(Recorded.EncryptedKeyOldScheme, "secret")]
    public void Read_KeysThatOpenSslWrote_Fit(string key, string? passphrase) => Assert.Null(Read(Recorded.Certificate, key, passphrase).Problem);

    [Fact]
    public void Read_PfxThatOpenSslWrote_IsReadWithItsPassphrase()
    {
        Assert.Equal(["recorded.example"], Read(Convert.FromBase64String(Recorded.Pfx), null, "secret").Loaded!.Names);
    }

    [Fact]
    public async Task Context_ChainWithAndWithoutItsRoot_IsWhatTheClientGets()
    {
        using var own = Second.Issue(new TestCertificate("a.example"));
        foreach (var root in new[] { string.Empty, Root.Pem })
        {
            var identity = Read(Pem(own) + Second.Pem + Intermediate.Pem + root + TestCertificateAuthority.KeyPem(own)).Loaded!;

            Assert.Equal([Second.Name, Intermediate.Name], identity.Context.IntermediateCertificates.Select(static certificate => certificate.Subject));
            Assert.Equal([own.RawData, Second.Certificate.RawData, Intermediate.Certificate.RawData], identity.Chain);
            await using var session = await TlsPair.ConnectAsync(identity);
            Assert.Equal([own.Subject, Second.Name, Intermediate.Name], session.Presented);
        }
    }

    [Theory]
    [InlineData("leaf second intermediate", "")]
    [InlineData("leaf second intermediate root", "")]
    [InlineData("leaf leaf second second intermediate", "")]
    [InlineData("leaf intermediate second", "its certificates are not in the order of their issuers; they are presented in order")]
    [InlineData("second leaf intermediate", "its certificates are not in the order of their issuers; they are presented in order")]
    [InlineData("root intermediate second leaf", "its certificates are not in the order of their issuers; they are presented in order")]
    [InlineData("leaf second intermediate other", "the certificate of its issuer CN=Root is not in the file: peers that do not have it refuse the identity|CN=Other is not part of the chain, and is not presented")]
    [InlineData("leaf intermediate", "the certificate of its issuer CN=Second is not in the file: peers that do not have it refuse the identity|CN=Intermediate is not part of the chain, and is not presented")]
    public void Read_Chain_IsOrderedAndFaultsAreWarnings(string certificates, string warnings)
    {
        using var own = Second.Issue(new TestCertificate("a.example"));
        using var other = new TestCertificateAuthority("Other", Now);
        var pem = certificates.Split(' ').Select(name => name switch { "leaf" => Pem(own), "second" => Second.Pem, "intermediate" => Intermediate.Pem, "root" => Root.Pem, _ => other.Pem });
        var identity = Read(string.Concat(pem) + TestCertificateAuthority.KeyPem(own)).Loaded!;

        Assert.Equal(warnings.Split('|', StringSplitOptions.RemoveEmptyEntries), identity.Warnings);
        Assert.Equal(own.RawData, identity.Chain[0]);
        Assert.Equal(certificates.Contains("second", StringComparison.Ordinal) ? 3 : 1, identity.Chain.Length);
    }

    [Fact]
    public void Read_PfxWithAChain_HasNoOrderToWarnOf()
    {
        using var own = Second.Issue(new TestCertificate("a.example"));
        var identity = Read(new X509Certificate2Collection { Root.Certificate, Intermediate.Certificate, own, Second.Certificate }.Export(X509ContentType.Pkcs12, "secret")!, null, "secret").Loaded!;

        Assert.Empty(identity.Warnings);
        Assert.Equal([own.RawData, Second.Certificate.RawData, Intermediate.Certificate.RawData], identity.Chain);
    }

    [Fact]
    public void Read_IssuerWithAnAddressIsNotThere_IsAMissingIntermediate()
    {
        using var own = Intermediate.Issue(new TestCertificate("a.example") { IssuerUrl = "http://ca.example/ca.crt" });

        Assert.Equal(["the certificate of its issuer CN=Intermediate is not in the file: peers that do not have it refuse the identity"], Read(Pem(own), TestCertificateAuthority.KeyPem(own)).Loaded!.Warnings);
        Assert.Empty(Read(Pem(own) + Intermediate.Pem, TestCertificateAuthority.KeyPem(own)).Loaded!.Warnings);
    }

    [Fact]
    public void Read_WhatPeersMayRefuse_IsAWarning()
    {
        using var weak = RSA.Create(1024);
        using var expired = new TestCertificateAuthority("Expired", Now, Root, new TestCertificate { Until = Now.AddDays(-0.5) });
        using var usage = Root.Issue(new TestCertificate("a.example") { Usages = [TestCertificate.ClientUsage] });
        using var any = Root.Issue(new TestCertificate("a.example") { Usages = ["2.5.29.37.0"] });
        using var noUsage = Root.Issue(new TestCertificate("a.example") { Usages = [] });
        using var shortKey = Root.Issue(new TestCertificate("a.example") { Key = weak });
        using var noNames = Root.Issue(new TestCertificate { CommonName = "cn.example" });
        using var oldIssuer = expired.Issue(new TestCertificate("a.example"));

        Assert.Equal(["its extended key usage does not allow servers: peers may refuse it"], Warnings(usage));
        Assert.Empty(Warnings(any));
        Assert.Empty(Warnings(noUsage));
        Assert.Empty(Read(Pem(usage), TestCertificateAuthority.KeyPem(usage), purpose: IdentityPurpose.Client).Loaded!.Warnings);
        Assert.Equal(["CN=a.example has an RSA key of 1024 bits: peers refuse fewer than 2048"], Warnings(shortKey));
        Assert.Equal(["CN=sha1.example is signed with sha1ECDSA: peers refuse that"], Read(Recorded.Sha1Bundle).Loaded!.Warnings);
        Assert.Equal(["it has no names in subjectAltName: clients do not accept the common name any more"], Warnings(noNames));
        Assert.Equal(["the issuer CN=Expired expired on 2026-06-01 00:00:00Z"], Warnings(oldIssuer, expired.Pem));
        Assert.Equal(["cn.example"], Read(Pem(noNames), TestCertificateAuthority.KeyPem(noNames)).Loaded!.Names);

        static IReadOnlyList<string> Warnings(X509Certificate2 own, string issuers = "") => Read(Pem(own) + issuers, TestCertificateAuthority.KeyPem(own)).Loaded!.Warnings;
    }

    public static TheoryData<string, string?, string?, string, string> Errors => new()
    {
        { "<html>", null, null, "malformed CertificateFile", "c.pem: a certificate in PEM was expected, not HTML or XML" },
        { "  \n", null, null, "malformed CertificateFile", "c.pem: a certificate in PEM was expected, not white space alone" },
        { "{}", null, null, "malformed CertificateFile", "c.pem: a certificate in PEM was expected, not JSON" },
        { "hello", null, null, "malformed CertificateFile", "c.pem: a certificate in PEM was expected, not text without a BEGIN line" },
        { "MIIBszCCAVmgAwIBAgIU", null, null, "malformed CertificateFile", "c.pem: a certificate in PEM was expected, not base64 without its BEGIN and END lines" },
        { "\0\0", null, null, "malformed CertificateFile", "c.pem: a certificate in PEM was expected, not binary data" },
        { "-----BEGIN CERTIFICATE-----\nAAEC\n", null, null, "malformed CertificateFile", "c.pem: line 2: the block CERTIFICATE that begins in line 1 has no END line: the file is cut off" },
        { "\n-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n", null, null, "malformed CertificateFile", "c.pem: line 2: the content of the block CERTIFICATE is not a certificate, or is damaged" },
        { Recorded.EcKey, null, null, "malformed CertificateFile", "c.pem: a certificate was expected, not EC PARAMETERS, a private key (EC PRIVATE KEY)" },
        { Recorded.Request, null, null, "malformed CertificateFile", "c.pem: a certificate was expected, not a certificate signing request, for which an authority issues the certificate" },
        { Recorded.Pkcs7, null, null, "malformed CertificateFile", "c.pem: a certificate was expected, not PKCS #7 (convert it: openssl pkcs7 -print_certs -in FILE -out NEW)" },
        { Recorded.TrustedCertificate, null, null, "malformed CertificateFile", "c.pem: a certificate was expected, not a certificate in OpenSSL's own format (convert it: openssl x509 -in FILE -out NEW)" },
        { Recorded.PublicKey, null, null, "malformed CertificateFile", "c.pem: a certificate was expected, not a public key" },
        { Recorded.Ed25519Certificate, Recorded.Ed25519Key, null, "unsupported CertificateFile", "c.pem: a certificate for an RSA or ECDSA key was expected, not Ed25519" },
        { Recorded.Certificate, null, null, "malformed KeyFile", "c.pem: there is no private key behind the certificates, and no key file is given" },
        { Recorded.Certificate, Recorded.Certificate, null, "malformed KeyFile", "k.pem: a private key was expected, not a certificate" },
        { Recorded.Certificate, Recorded.PublicKey, null, "malformed KeyFile", "k.pem: a private key was expected, not a public key" },
        { Recorded.Certificate, Recorded.EcKey + "\n" + Recorded.EcKey, null, "malformed KeyFile", "k.pem: line 13: one private key was expected, and this is another one" },
        { Recorded.Certificate, Recorded.Ed25519Key, null, "unsupported KeyFile", "k.pem: line 1: an RSA or ECDSA key was expected, not Ed25519" },
        { Recorded.Certificate, Recorded.OpenSshKey, null, "unsupported KeyFile", "k.pem: line 1: the key is in the format of OpenSSH; convert it: ssh-keygen -p -m PEM -f FILE" },
        { Recorded.Certificate, Recorded.TraditionalEncryptedKey, "secret", "unsupported KeyFile", "k.pem: line 1: the key is encrypted in OpenSSL's traditional format; convert it: openssl pkcs8 -topk8 -in FILE -out NEW" },
        { Recorded.Certificate, Recorded.EncryptedKey, null, "passphrase KeyFile", "k.pem: line 1: the key is encrypted, and there is no passphrase file" },
        { Recorded.Certificate, Recorded.EncryptedKey, "wrong", "passphrase KeyFile", "k.pem: line 1: the passphrase is wrong, or the key is neither RSA nor ECDSA, or its encryption is not supported (convert it: openssl pkcs8 -topk8 -v2 aes256 -in FILE -out NEW)" },
        { Recorded.Certificate, Recorded.EncryptedKeyScrypt, "secret", "passphrase KeyFile", "k.pem: line 1: the passphrase is wrong, or the key is neither RSA nor ECDSA, or its encryption is not supported (convert it: openssl pkcs8 -topk8 -v2 aes256 -in FILE -out NEW)" },
        { Recorded.Certificate, Recorded.EncryptedKey, "\n", "passphrase PassphraseFile", "p: one line was expected, with the passphrase" },
        { Recorded.Certificate, Recorded.EncryptedKey, "secret\nsecret\n", "passphrase PassphraseFile", "p: one line was expected, with the passphrase" },
        { Recorded.Certificate, "-----BEGIN PRIVATE KEY-----\nAAEC\n-----END PRIVATE KEY-----\n", null, "malformed KeyFile", "k.pem: line 1: the content of the block PRIVATE KEY is not such a key, or is damaged" },
        { Recorded.Certificate, "-----BEGIN RSA PRIVATE KEY-----\nMAA=\n-----END RSA PRIVATE KEY-----\n", null, "malformed KeyFile", "k.pem: line 1: the content of the block RSA PRIVATE KEY is not such a key, or is damaged" },
        { Recorded.Certificate, "-----BEGIN DSA PRIVATE KEY-----\nMAA=\n-----END DSA PRIVATE KEY-----\n", null, "unsupported KeyFile", "k.pem: line 1: an RSA or ECDSA key was expected, not 'DSA PRIVATE KEY'" },
        { Recorded.Certificate, "<html>", null, "malformed KeyFile", "k.pem: a private key in PEM was expected, not HTML or XML" },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public void Read_WhatIsNoIdentity_IsAnErrorThatSaysWhatWasFound(string certificates, string? key, string? passphrase, string kind, string message)
    {
        var (loaded, problem) = Read(certificates, key, passphrase);

        Assert.Null(loaded);
        Assert.Equal((kind, message), ($"{problem!.Cause} {problem.Option}", problem.Message));
    }

    [Fact]
    public void Read_KeyOfAnotherCertificate_IsAMismatch()
    {
        using var one = Root.Issue(new TestCertificate("a.example"));
        using var other = Root.Issue(new TestCertificate("b.example"));
        using var rsa = Root.Issue(new TestCertificate("c.example") { Key = RsaKey });

        Assert.Equal("k.pem: the key (ECDSA) does not fit the certificate CN=a.example (ECDSA) in c.pem", Read(Pem(one), TestCertificateAuthority.KeyPem(other)).Problem!.Message);
        var problem = Read(Pem(one), TestCertificateAuthority.KeyPem(rsa)).Problem!;
        Assert.Equal(("mismatch", "k.pem: the key (RSA) does not fit the certificate CN=a.example (ECDSA) in c.pem"), (problem.Cause, problem.Message));
    }

    [Fact]
    public void Read_DerAndPfxInTheWrongPlace_AreRecognized()
    {
        using var own = Root.Issue(new TestCertificate("a.example"));
        using var key = own.GetECDsaPrivateKey()!;
        var pfx = own.Export(X509ContentType.Pkcs12, "secret");

        Assert.Equal("c.pem: a certificate in PEM was expected, not a certificate in DER (convert it: openssl x509 -inform DER -in FILE -out NEW)", Read(own.RawData).Problem!.Message);
        Assert.Equal("c.pem: a certificate in PEM was expected, not a private key in DER (convert it: openssl pkey -inform DER -in FILE -out NEW)", Read(key.ExportPkcs8PrivateKey()).Problem!.Message);
        Assert.Equal("c.pem: the PFX file needs a passphrase, and there is no passphrase file", Read(pfx).Problem!.Message);
        Assert.Equal("c.pem: the passphrase of the PFX file is wrong, or the file is damaged", Read(pfx, null, "wrong").Problem!.Message);
        Assert.Equal("c.pem: a PFX file has the key in it: no key file was expected", Read(pfx, Recorded.EcKey, "secret").Problem!.Message);
        Assert.Equal("c.pem: one certificate with its private key was expected in the PFX file, not 0", Read(Root.Certificate.Export(X509ContentType.Pkcs12)).Problem!.Message);
        var files = new CertificateFiles { CertificateFile = "c.pem", KeyFile = "k.pfx" };
        Assert.Equal(
            "k.pfx: a private key in PEM was expected, not a PFX file, which is given as the certificate file",
            IdentityLoader.Read(files, Encoding.UTF8.GetBytes(Recorded.Certificate), pfx, null, IdentityPurpose.Server, Now).Problem!.Message);
    }

    [Fact]
    public void Read_PfxWithOldEncryption_IsReadOrTheErrorSaysHowToConvertIt()
    {
        var (loaded, problem) = Read(Convert.FromBase64String(Recorded.PfxLegacy), null, "secret");
        if (problem is not null)
        {
            Assert.Equal("unsupported", problem.Cause);
            Assert.EndsWith("convert it: openssl pkcs12 -legacy -in FILE -nodes -out NEW.pem", problem.Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(["recorded.example"], loaded!.Names);
        }
    }

    [Fact]
    public void Read_KeyDerivationWithoutEnd_IsRefusedAtOnce()
    {
        var start = DateTime.UtcNow;
        foreach (var iterations in new[] { 2_000_001, int.MaxValue, long.MaxValue })
        {
            // EncryptedPrivateKeyInfo with PBES2 and PBKDF2, RFC 8018, A.2.
            var writer = new AsnWriter(AsnEncodingRules.DER);
            using (writer.PushSequence())
            {
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier("1.2.840.113549.1.5.13");
                    using (writer.PushSequence())
                    {
                        using (writer.PushSequence())
                        {
                            writer.WriteObjectIdentifier("1.2.840.113549.1.5.12");
                            using (writer.PushSequence())
                            {
                                writer.WriteOctetString(new byte[8]);
                                writer.WriteInteger(iterations);
                            }
                        }
                    }
                }

                writer.WriteOctetString(new byte[64]);
            }

            var pem = new string(PemEncoding.Write("ENCRYPTED PRIVATE KEY", writer.Encode()));
            Assert.Equal("k.pem: line 1: the key derivation has more than 2000000 iterations", Read(Recorded.Certificate, pem, "secret").Problem!.Message);
        }

        Assert.True(DateTime.UtcNow - start < TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Load_WhatIsNoReadableFile_IsAnErrorAndNothingHangs()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("empty.pem", string.Empty);
        directory.Write("large.pem", new string('x', (1024 * 1024) + 1));
        directory.Write("locked.pem", Recorded.Certificate);
        directory.Write("sub/x", string.Empty);

        Assert.Equal(("missing", "there is no such file"), await LoadAsync("none.pem"));
        Assert.Equal(("missing", "there is no such file"), await LoadAsync("empty.pem/none.pem"));
        Assert.Equal(("unreadable", "a file was expected, not a directory"), await LoadAsync("sub"));
        Assert.Equal(("malformed", "it is empty"), await LoadAsync("empty.pem"));
        Assert.Equal(("malformed", "it has more than 1024 KiB"), await LoadAsync("large.pem"));
        if (OperatingSystem.IsLinux())
        {
            LibC.MakePipe(directory["pipe"]);
            Assert.Equal(("unreadable", "a regular file was expected, not a device, pipe or socket"), await LoadAsync("pipe"));
            Assert.Equal(("unreadable", "a regular file was expected, not a device, pipe or socket"), await LoadAsync("/dev/zero"));
            File.CreateSymbolicLink(directory["loop"], directory["loop"]);
            Assert.Equal(("malformed", "a certificate in PEM was expected, not text without a BEGIN line"), await LoadAsync("/proc/self/status"));
            Assert.StartsWith("it cannot be read: ", (await LoadAsync("loop")).Problem, StringComparison.Ordinal);
        }

        if (!OperatingSystem.IsWindows() && !Environment.IsPrivilegedProcess)
        {
            File.SetUnixFileMode(directory["locked.pem"], UnixFileMode.None);
            Assert.Equal(("unreadable", $"permission denied for the user {Environment.UserName}"), await LoadAsync("locked.pem"));
        }

        async Task<(string Cause, string Problem)> LoadAsync(string name)
        {
            var path = directory[name];
            var problem = await Task.Run(() => IdentityLoader.Load(new() { CertificateFile = path }, IdentityPurpose.Server, Now).Problem!).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            Assert.StartsWith(path + ": ", problem.Message, StringComparison.Ordinal);
            return (problem.Cause, problem.Message[(path.Length + 2)..]);
        }
    }

    private static CertificateLoad<TlsIdentity> ReadAs(string format, X509Certificate2 certificate, AsymmetricAlgorithm key)
    {
        var pem = Pem(certificate);
        return format switch
        {
            "PKCS #8" => Read(pem, key.ExportPkcs8PrivateKeyPem()),
            "PKCS #8 with CR LF" => Read(pem.ReplaceLineEndings("\r\n"), key.ExportPkcs8PrivateKeyPem().ReplaceLineEndings("\r\n")),
            "PKCS #1" => Read(pem, ((RSA)key).ExportRSAPrivateKeyPem()),
            "SEC 1" => Read(pem, ((ECDsa)key).ExportECPrivateKeyPem()),
            "encrypted AES" => Read(pem, key.ExportEncryptedPkcs8PrivateKeyPem("sécret", Aes), "sécret\n"),
            "encrypted 3DES" => Read(pem, key.ExportEncryptedPkcs8PrivateKeyPem("secret", TripleDes), "secret"),
            "bundle" => Read(pem + Root.Pem + key.ExportPkcs8PrivateKeyPem()),
            "key first" => Read(key.ExportPkcs8PrivateKeyPem() + "\n" + pem),
            "PFX" => Read(certificate.ExportPkcs12(Pkcs12ExportPbeParameters.Pbes2Aes256Sha256, "secret"), null, "secret"),
            "PFX without passphrase" => Read(certificate.Export(X509ContentType.Pkcs12)),
            _ => Read(new X509Certificate2Collection { Root.Certificate, certificate }.Export(X509ContentType.Pkcs12, "secret")!, null, "secret"),
        };
    }

    private static void AssertFits(byte[] pkcs8, X509Certificate2 certificate)
    {
        using var publicRsa = certificate.GetRSAPublicKey();
        using AsymmetricAlgorithm key = publicRsa is null ? ECDsa.Create() : RSA.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out var read);
        Assert.Equal(pkcs8.Length, read);
        Assert.Equal(certificate.PublicKey.ExportSubjectPublicKeyInfo(), key.ExportSubjectPublicKeyInfo());
    }
}
