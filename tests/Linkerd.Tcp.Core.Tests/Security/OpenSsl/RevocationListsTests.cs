using System.Security.Cryptography;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.OpenSsl;
using Linkerd.Tcp.Tests.Security.Certificates;
using Xunit;
using static Linkerd.Tcp.Tests.Security.Certificates.IdentityFixture;

namespace Linkerd.Tcp.Tests.Security.OpenSsl;

/// <summary>Files of revocation lists.</summary>
public sealed class RevocationListsTests : IDisposable
{
    private readonly OpenSslBed _bed = new();

    [Fact]
    public void Load_Lists_AreThoseOfAllFiles()
    {
        _bed.Directory.Write("one.pem", $"# comment\n{Root.Revoke(Now.AddDays(7))}{Root.Pem}");
        _bed.Directory.Write("two.pem", Intermediate.Revoke(Now.AddDays(1), Second.Certificate));
        var lists = RevocationLists.Load([_bed.Directory["one.pem"], _bed.Directory["two.pem"]]).Loaded!;

        Assert.Equal(["CN=Root", "CN=Intermediate"], lists.All.Select(static list => list.Issuer.Name));
        Assert.Equal((Now.AddDays(1), Now.AddDays(-23)), (lists.NotAfter, lists.NotBefore));
        Assert.Equal($"{_bed.Directory["one.pem"]}, {_bed.Directory["two.pem"]}", lists.ToString());
        Assert.Same(lists.All[1], lists.Find(Intermediate.Certificate.SubjectName));
        Assert.Null(lists.Find(Second.Certificate.SubjectName));
        Assert.True(lists.IsSame(RevocationLists.Load([_bed.Directory["one.pem"], _bed.Directory["two.pem"]]).Loaded!));
        Assert.False(lists.IsSame(RevocationLists.Load([_bed.Directory["one.pem"]]).Loaded!));
    }

    [Fact]
    public void Load_WhatIsNoList_IsAnError()
    {
        var list = Root.Revoke(Now.AddDays(7));
        var content = PemDocument.Parse(System.Text.Encoding.ASCII.GetBytes(list)).Blocks[0].Content;

        Assert.Equal("a revocation list (X509 CRL) was expected, not a certificate", Fail(Root.Pem));
        Assert.Equal("a revocation list in PEM was expected, not HTML or XML", Fail("<html>"));
        Assert.Equal("line 2: the content of the block X509 CRL is not a revocation list, or is damaged", Fail("# comment\n" + PemEncoding.WriteString("X509 CRL", Root.Certificate.RawData)));
        Assert.Equal("line 1: the content of the block X509 CRL is not a revocation list, or is damaged", Fail(PemEncoding.WriteString("X509 CRL", content.AsSpan(..^1))));
        Assert.Equal("a revocation list in PEM was expected, not a revocation list in DER (convert it: openssl crl -inform DER -in FILE -out NEW)", Fail(content));
        Assert.Equal(0u, LibSsl.ERR_peek_error());
    }

    [Fact]
    public void Watch_ListsChange_AreReplacedForThemselves()
    {
        using var folder = new CertificateFolder(Replacement.Rename, new("a.example"));
        folder.Put("lists.pem", Root.Revoke(Now.AddDays(1)));
        using var watch = new CertificateWatch(new() { Identities = [folder.Files], CrlFiles = [folder.Directory["lists.pem"]], IsOpenSsl = true }, _bed.Services);
        var before = watch.Current;

        folder.Put("lists.pem", "damaged");
        Settle();
        Assert.Same(before, watch.Current);
        Assert.Equal($"{folder.Directory["lists.pem"]}: a revocation list in PEM was expected, not text without a BEGIN line", watch.Slots.Last().Problem!.Message);

        folder.Put("lists.pem", Root.Revoke(Now.AddDays(2), Intermediate.Certificate));
        Settle();
        Assert.NotSame(before.Revocations, watch.Current.Revocations);
        Assert.Same(before.Identities!.Default, watch.Current.Identities!.Default);
        Assert.Equal(Now.AddDays(2), watch.Current.Revocations!.NotAfter);
        Assert.NotSame(TrustStore.Of(before), TrustStore.Of(watch.Current));
        Assert.Same(TrustStore.Of(watch.Current), TrustStore.Of(watch.Current));
    }

    [Fact]
    public void Watch_FilesThatCannotBeUsed_ThrowsWithEachOfThem()
    {
        using var weak = RSA.Create(512);
        using var folder = new CertificateFolder(Replacement.Rename, new("a.example") { Key = weak });

        var error = Assert.Throws<InvalidOptionsException>(() =>
            new CertificateWatch(new() { OptionPath = "Tls.", Identities = [folder.Files], CrlFiles = ["/none.crl"], FindProblem = OpenSslIdentity.FindProblem }, _bed.Services));

        Assert.Equal(
            [
                $"Tls.Certificates[0].CertificateFile: {folder.Files.CertificateFile}: the RSA certificate CN=a.example with its key is refused by OpenSSL: ee key too small",
                "Tls.CrlFiles: /none.crl: there is no such file",
            ],
            error.Errors.Select(static problem => problem.ToString()));
    }

    public void Dispose() => _bed.Dispose();

    private string Fail(string content) => Fail(System.Text.Encoding.UTF8.GetBytes(content));

    private string Fail(byte[] content)
    {
        var file = _bed.Directory["lists.pem"];
        File.WriteAllBytes(file, content);
        var (loaded, problem) = RevocationLists.Load([file]);
        Assert.Null(loaded);
        Assert.Equal(("CrlFiles", "malformed"), (problem!.Option, problem.Cause));
        return problem.Message[(file.Length + 2)..];
    }

    private void Settle()
    {
        for (var i = 0; i < 6; i++)
        {
            _bed.Time.Advance(TimeSpan.FromSeconds(0.5));
        }
    }
}
