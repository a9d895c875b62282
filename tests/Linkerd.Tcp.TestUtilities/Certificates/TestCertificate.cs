using System.Net;
using System.Security.Cryptography;

namespace Linkerd.Tcp.TestUtilities.Certificates;

/// <summary>What a certificate that a test has issued says.</summary>
public sealed record TestCertificate(params IReadOnlyList<string> Names)
{
    public const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    public const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    /// <summary>The common name; null: the first DNS name.</summary>
    public string? CommonName { get; init; }

    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    public IReadOnlyList<string> Uris { get; init; } = [];

    /// <summary>Both null: a day before the authority's present until a year after it.</summary>
    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? Until { get; init; }

    /// <summary>An RSA or ECDSA key; null: a new one of ECDSA.</summary>
    public AsymmetricAlgorithm? Key { get; init; }

    /// <summary>The extended key usages; none: there is no such extension.</summary>
    public IReadOnlyList<string> Usages { get; init; } = [ServerUsage, ClientUsage];

    /// <summary>Where the issuer's certificate is, as public authorities say.</summary>
    public string? IssuerUrl { get; init; }
}
