namespace Linkerd.Tcp.Security.Certificates;

/// <summary>The kinds of reasons for which files are not used; a tag of a metric.</summary>
internal enum CertificateFailure
{
    /// <summary>There is no file.</summary>
    Missing,

    /// <summary>There is one that cannot be read.</summary>
    Unreadable,

    /// <summary>It does not hold what it should.</summary>
    Malformed,

    /// <summary>It holds what this program has no support for.</summary>
    Unsupported,

    /// <summary>The passphrase is missing or wrong.</summary>
    Passphrase,

    /// <summary>The key does not fit the certificate.</summary>
    Mismatch,

    /// <summary>It has expired, and what it would replace has not.</summary>
    Expired,

    /// <summary>It is not valid yet, and what it would replace is.</summary>
    NotYetValid,
}

/// <summary>Represents the reason for which files are not used.</summary>
/// <param name="Failure">The kind of reason.</param>
/// <param name="Option">The option that names the file.</param>
/// <param name="Message">The file, the place in it, what was found, and what was expected.</param>
internal sealed record CertificateProblem(CertificateFailure Failure, string Option, string Message)
{
    /// <summary>Gets the tag of <see cref="Failure"/>.</summary>
    public string Cause => Failure switch
    {
        CertificateFailure.Missing => "missing",
        CertificateFailure.Unreadable => "unreadable",
        CertificateFailure.Malformed => "malformed",
        CertificateFailure.Unsupported => "unsupported",
        CertificateFailure.Passphrase => "passphrase",
        CertificateFailure.Mismatch => "mismatch",
        CertificateFailure.Expired => "expired",
        _ => "not_yet_valid",
    };

    /// <summary>Gets whether another attempt may succeed although no file changes.</summary>
    public bool IsTransient => Failure is CertificateFailure.Unreadable or CertificateFailure.Expired or CertificateFailure.NotYetValid;

    public override string ToString() => Message;
}

/// <summary>Thrown while files are loaded, and caught by the loader. It never leaves this folder.</summary>
internal sealed class CertificateLoadException(CertificateFailure failure, string option, string message) : Exception(message)
{
    public CertificateProblem Problem { get; } = new(failure, option, message);
}

/// <summary>Represents the outcome of loading files: one of the two is null.</summary>
internal readonly record struct CertificateLoad<T>(T? Loaded, CertificateProblem? Problem)
    where T : class;

/// <summary>Represents what is loaded from files and replaced as a whole. Immutable.</summary>
internal interface ILoadedCertificates
{
    /// <summary>Gets the file that names it in logs and metrics.</summary>
    string File { get; }

    /// <summary>Gets the time from which it is valid.</summary>
    DateTimeOffset NotBefore { get; }

    /// <summary>Gets the time until which it is valid.</summary>
    DateTimeOffset NotAfter { get; }

    /// <summary>Gets the SHA-256 digest of the certificates, in hexadecimal.</summary>
    string Thumbprint { get; }

    /// <summary>Gets what is wrong with it although it can be used.</summary>
    IReadOnlyList<string> Warnings { get; }

    /// <summary>Returns whether another load has given the same.</summary>
    bool IsSame(ILoadedCertificates other);

    /// <summary>Gets whether a time is within the validity.</summary>
    bool IsValidAt(DateTimeOffset time) => time >= NotBefore && time <= NotAfter;
}
