namespace Linkerd.Tcp.Dns;

/// <summary>The combined result of the full names of the search list, one after the other. For one search.</summary>
/// <param name="name">The name, as it was written.</param>
/// <param name="lastName">The full name that was found the last time.</param>
/// <remarks>
/// As in the C library, a domain whose server fails is passed over, silence ends the search, and if the name that is tried as it stands first does
/// not exist, that is decisive. Unlike there, a server that refuses a domain (a bare host name, for example) does not keep the name from being negative.
/// </remarks>
internal sealed class DnsSearch(string name, string? lastName)
{
    private bool _isFirst = true;
    private bool _isDecided;
    private bool _isNegative;
    private bool _isLastNameFailed;
    private DnsStatus _worst;
    private TimeSpan? _negativeTtl;
    private string? _error;

    /// <summary>Takes the answers for a full name; returns the result if no further query is needed.</summary>
    public DnsRound? Add(string full, IReadOnlyList<DnsReply> replies)
    {
        if (replies.Any(reply => reply.Status == DnsStatus.Found))
        {
            return _isLastNameFailed ? Failed() : new DnsRound(DnsStatus.Found, full, replies, null, null);
        }

        var status = replies.Max(reply => reply.Status);
        if (status == DnsStatus.Negative)
        {
            _isNegative = true;
            _isDecided |= _isFirst && full == name.TrimEnd('.');
            var ttl = replies.Min(reply => reply.Ttl);
            _negativeTtl = _negativeTtl is null || ttl < _negativeTtl ? ttl : _negativeTtl;
        }
        else
        {
            _isLastNameFailed |= full == lastName;
            _worst = status > _worst ? status : _worst;
            _error ??= replies.First(reply => reply.Error is not null).Error;
        }

        _isFirst = false;
        return status == DnsStatus.Unanswered ? End() : null;
    }

    /// <summary>Returns the result if nothing was found.</summary>
    public DnsRound End() => !_isLastNameFailed && (_isDecided || (_isNegative && _worst <= DnsStatus.Refused))
        ? new DnsRound(DnsStatus.Negative, name, [], _negativeTtl, null)
        : Failed();

    private DnsRound Failed() => new(DnsStatus.ServerFailed, name, [], null, _error);
}
