using System.Formats.Asn1;

namespace Linkerd.Tcp.Security.Certificates;

/// <summary>Reads files with an OCSP response (RFC 6960, 4.2.1).</summary>
internal static class OcspResponse
{
    private const string Option = nameof(CertificateFiles.OcspFile);
    private static readonly string[] Statuses = ["successful", "malformedRequest", "internalError", "tryLater", "4", "sigRequired", "unauthorized"];

    /// <summary>Reads a file.</summary>
    /// <returns>The response in DER.</returns>
    /// <exception cref="CertificateLoadException">It has none, or that of a responder which has failed.</exception>
    public static byte[] Load(string path)
    {
        var reader = new CertificateReader(path, Option);
        var content = BoundedFile.Read(path, Option);
        try
        {
            var response = new AsnReader(content, AsnEncodingRules.DER);
            var fields = response.ReadSequence();
            var status = fields.ReadEnumeratedBytes().Span[0];
            return response.HasData ? throw reader.Fail(CertificateFailure.Malformed, "bytes follow the OCSP response")
                : status == 0 && fields.HasData ? content
                : throw reader.Fail(CertificateFailure.Malformed, $"a successful OCSP response was expected, not one with the status {(status < Statuses.Length ? Statuses[status] : status)}");
        }
        catch (AsnContentException)
        {
            throw reader.Fail(CertificateFailure.Malformed, content is [(byte)'-', ..] ? "an OCSP response in DER was expected, not PEM" : "an OCSP response in DER was expected");
        }
    }
}
