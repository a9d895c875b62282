namespace Linkerd.Tcp.Dns;

/// <summary>Specifies the status of an answer; the later values are less certain.</summary>
internal enum DnsStatus
{
    /// <summary>Records were found.</summary>
    Found,

    /// <summary>The name does not exist, or has no record of this kind.</summary>
    Negative,

    /// <summary>The server refuses to answer: commonly it is not for this domain.</summary>
    Refused,

    /// <summary>The server failed: SERVFAIL and others.</summary>
    ServerFailed,

    /// <summary>No server answered.</summary>
    Unanswered,
}
