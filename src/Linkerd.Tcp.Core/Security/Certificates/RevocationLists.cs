using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Linkerd.Tcp.Security.Certificates;

/// <summary>Represents a certificate revocation list (RFC 5280, 5). Its signature is verified with each certificate. Immutable.</summary>
/// <param name="File">The path of its file.</param>
/// <param name="Content">The list in DER.</param>
/// <param name="Issuer">The name of its issuer.</param>
/// <param name="ThisUpdate">The time from which it is valid.</param>
/// <param name="NextUpdate">The time until which it is valid.</param>
internal sealed record RevocationList(string File, byte[] Content, X500DistinguishedName Issuer, DateTimeOffset ThisUpdate, DateTimeOffset NextUpdate)
{
    /// <summary>Reads a list.</summary>
    /// <exception cref="AsnContentException">It is none.</exception>
    public static RevocationList Parse(string file, byte[] content)
    {
        var list = new AsnReader(content, AsnEncodingRules.DER).ReadSequence().ReadSequence();
        if (list.PeekTag() == Asn1Tag.Integer)
        {
            list.ReadInteger();
        }

        list.ReadSequence();
        var issuer = new X500DistinguishedName(list.ReadEncodedValue().Span);
        var thisUpdate = ReadTime(list);
        return new(file, content, issuer, thisUpdate, list.HasData && IsTime(list.PeekTag()) ? ReadTime(list) : DateTimeOffset.MaxValue);
    }

    private static bool IsTime(Asn1Tag tag) => tag == Asn1Tag.UtcTime || tag == Asn1Tag.GeneralizedTime;

    private static DateTimeOffset ReadTime(AsnReader reader) => reader.PeekTag() == Asn1Tag.UtcTime ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();
}

/// <summary>Represents the revocation lists of PEM files, which are replaced together. Immutable; members may be called from any thread.</summary>
internal sealed class RevocationLists : ILoadedCertificates
{
    /// <summary>The option that names the files.</summary>
    public const string Option = "CrlFiles";

    private RevocationLists(string file, ImmutableArray<RevocationList> all)
    {
        File = file;
        All = all;
        NotBefore = all.Max(static list => list.ThisUpdate);
        NotAfter = all.Min(static list => list.NextUpdate);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var list in all)
        {
            hash.AppendData(list.Content);
        }

        Thumbprint = Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>Gets the lists.</summary>
    public ImmutableArray<RevocationList> All { get; }

    public string File { get; }

    /// <summary>Gets the time from which all of them are valid.</summary>
    public DateTimeOffset NotBefore { get; }

    /// <summary>Gets the time until which all of them are valid. Certificates of an authority whose list has expired are refused.</summary>
    public DateTimeOffset NotAfter { get; }

    public string Thumbprint { get; }

    public IReadOnlyList<string> Warnings => [];

    /// <summary>Loads the lists of PEM files. Blocks on the file system: not for event loops.</summary>
    public static CertificateLoad<RevocationLists> Load(IReadOnlyList<string> files)
    {
        try
        {
            return new(new(string.Join(", ", files), [.. files.SelectMany(static file => Read(new(file, Option), BoundedFile.Read(file, Option)))]), null);
        }
        catch (CertificateLoadException e)
        {
            return new(null, e.Problem);
        }
    }

    /// <summary>Returns the list of an issuer; null if there is none.</summary>
    public RevocationList? Find(X500DistinguishedName issuer) => All.FirstOrDefault(list => list.Issuer.RawData.AsSpan().SequenceEqual(issuer.RawData));

    public bool IsSame(ILoadedCertificates other) => other.Thumbprint == Thumbprint;

    public override string ToString() => File;

    private static List<RevocationList> Read(CertificateReader reader, byte[] content)
    {
        var blocks = reader.ReadPem(content, "a revocation list");
        var lists = blocks.Where(static block => block.Label == "X509 CRL").Select(block =>
        {
            try
            {
                return RevocationList.Parse(reader.Path, block.Content);
            }
            catch (Exception e) when (e is AsnContentException or CryptographicException)
            {
                throw reader.Fail(CertificateFailure.Malformed, FormattableString.Invariant($"line {block.Line}: the content of the block {block.Label} is not a revocation list, or is damaged"));
            }
        }).ToList();
        return lists.Count > 0 ? lists : throw reader.Fail(CertificateFailure.Malformed, $"a revocation list (X509 CRL) was expected, not {FileContentKind.Of(blocks)}");
    }
}
