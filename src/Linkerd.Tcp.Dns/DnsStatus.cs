namespace Linkerd.Tcp.Dns;

/// <summary>What an answer says; the later ones say less.</summary>
internal enum DnsStatus
{
    /// <summary>There are records.</summary>
    Found,

    /// <summary>The name does not exist, or has no record of this kind.</summary>
    Negative,

    /// <summary>The server will not say: commonly it is not for this domain.</summary>
    Refused,

    /// <summary>The server cannot say: SERVFAIL and others.</summary>
    ServerFailed,

    /// <summary>No server answered.</summary>
    Unanswered,
}
