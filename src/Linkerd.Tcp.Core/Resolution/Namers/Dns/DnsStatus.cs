namespace Linkerd.Tcp;

/// <summary>What an answer says.</summary>
internal enum DnsStatus
{
    /// <summary>There are records.</summary>
    Found,

    /// <summary>The name does not exist, or has no record of this kind.</summary>
    Negative,

    /// <summary>A server answered that it cannot, or will not: SERVFAIL, REFUSED.</summary>
    Refused,

    /// <summary>No server answered.</summary>
    Unanswered,
}
