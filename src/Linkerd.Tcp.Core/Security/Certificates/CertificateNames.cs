using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Linkerd.Tcp.Security.Certificates;

/// <summary>Represents the names of a certificate's subjectAltName extension (RFC 5280, 4.2.1.6) that identify a host or a workload. A name that is not well-formed is left out.</summary>
/// <param name="Dns">The DNS names, in lower case, wildcards included.</param>
/// <param name="Uris">The URIs.</param>
/// <param name="Addresses">The IP addresses.</param>
internal sealed record CertificateNames(ImmutableArray<string> Dns, ImmutableArray<string> Uris, ImmutableArray<IPAddress> Addresses)
{
    private const int MaxShown = 8;
    private const int MaxText = 200;
    private const int MaxUri = 2048;
    private const string SubjectAlternativeName = "2.5.29.17";
    private const string CommonName = "2.5.4.3";
    private static readonly Asn1Tag DnsTag = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);
    private static readonly Asn1Tag AddressTag = new(TagClass.ContextSpecific, 7);

    private bool IsEmpty => Dns.IsEmpty && Uris.IsEmpty && Addresses.IsEmpty;

    /// <summary>Reads the names of a certificate. Never throws: an extension that is malformed has the names before the fault.</summary>
    public static CertificateNames Of(X509Certificate2 certificate)
    {
        var (dns, uris, addresses) = (ImmutableArray.CreateBuilder<string>(), ImmutableArray.CreateBuilder<string>(), ImmutableArray.CreateBuilder<IPAddress>());
        try
        {
            foreach (var extension in certificate.Extensions.Where(extension => extension.Oid?.Value == SubjectAlternativeName))
            {
                var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
                while (names.HasData)
                {
                    var tag = names.PeekTag();
                    if (tag == DnsTag && names.ReadCharacterString(UniversalTagNumber.IA5String, DnsTag).ToLowerInvariant() is var name && HostPattern.IsValid(name))
                    {
                        dns.Add(name);
                    }
                    else if (tag == UriTag && names.ReadCharacterString(UniversalTagNumber.IA5String, UriTag) is var uri && IsPrintable(uri))
                    {
                        uris.Add(uri);
                    }
                    else if (tag == AddressTag && names.ReadOctetString(AddressTag) is { Length: 4 or 16 } address)
                    {
                        addresses.Add(new IPAddress(address));
                    }
                    else if (tag != DnsTag && tag != UriTag && tag != AddressTag)
                    {
                        names.ReadEncodedValue();
                    }
                }
            }
        }
        catch (Exception e) when (e is AsnContentException or CryptographicException)
        {
            // What was read before it counts, and nothing of what follows.
        }

        return new(dns.DrainToImmutable(), uris.DrainToImmutable(), addresses.DrainToImmutable());
    }

    /// <summary>Returns the common name of a certificate's subject as a host name in lower case; null if it is none.</summary>
    public static string? CommonNameOf(X509Certificate2 certificate)
    {
        try
        {
            return certificate.SubjectName.EnumerateRelativeDistinguishedNames()
                .Where(static part => !part.HasMultipleElements && part.GetSingleElementType().Value == CommonName)
                .Select(static part => part.GetSingleElementValue()?.ToLowerInvariant())
                .FirstOrDefault(static name => name is not null && HostPattern.IsValid(name) && !IPAddress.TryParse(name, out _));
        }
        catch (Exception e) when (e is CryptographicException or AsnContentException)
        {
            return null;
        }
    }

    /// <summary>Returns the subject or issuer of a certificate for logs: in one line, and of a bounded length.</summary>
    public static string Print(X500DistinguishedName name)
    {
        try
        {
            return name.Name.Length == 0 ? "(no name)" : OneLine(name.Name);
        }
        catch (CryptographicException)
        {
            return "(a name that cannot be read)";
        }
    }

    /// <summary>Returns a text that a peer may have chosen for logs: in one line, and of a bounded length.</summary>
    public static string OneLine(string text)
    {
        text = text.Length > MaxText ? text[..MaxText] + "..." : text;
        return string.Concat(text.Select(static c => char.IsControl(c) || c is '\u2028' or '\u2029' ? '?' : c));
    }

    /// <summary>Prints the first of the names for logs; empty text if there are none.</summary>
    public override string ToString()
    {
        var all = Dns.Concat(Uris).Concat(Addresses.Select(static address => address.ToString())).ToList();
        return IsEmpty ? string.Empty : string.Join(", ", all.Take(MaxShown)) + (all.Count > MaxShown ? FormattableString.Invariant($" and {all.Count - MaxShown} more") : string.Empty);
    }

    private static bool IsPrintable(string uri) => uri.Length is > 0 and <= MaxUri && uri.All(static c => c is > ' ' and <= '~');
}
