using System.Net;

namespace Linkerd.Tcp.Dns;

/// <summary>Extracts from a message the records that belong to a name, and no others.</summary>
internal static class DnsAnswer
{
    private const int NoError = 0;
    private const int FormatError = 1;
    private const int NoSuchName = 3;
    private const int NotImplemented = 4;
    private const int Refused = 5;
    private const int BadVersion = 16;

    // As many as the C library's stub follows; servers follow fewer.
    private const int MaxAliases = 16;

    public static DnsType TypeOf(DnsRecordKind kind) => kind switch
    {
        DnsRecordKind.A => DnsType.A,
        DnsRecordKind.Aaaa => DnsType.Aaaa,
        _ => DnsType.Srv,
    };

    /// <summary>Returns true if the server may not support the extension.</summary>
    public static bool KnowsNoExtension(DnsMessage message) => message.Code is FormatError or NotImplemented or BadVersion;

    public static DnsReply ToReply(DnsMessage message, IPEndPoint server, string name, DnsRecordKind kind)
    {
        if (message.Code is not (NoError or NoSuchName))
        {
            return DnsReply.Failed(message.Code == Refused ? DnsStatus.Refused : DnsStatus.ServerFailed, $"name server {server.Address} answered {TextOf(message.Code)}");
        }

        var (owner, ttl) = FollowAliases(message.Answers, name);
        var records = message.Answers.Where(record => Is(record, kind) && IsSame(record.Name, owner)).ToList();
        if (message.Code == NoError && records.Count > 0)
        {
            // The aliases on the way are part of the answer.
            var least = records.Min(record => record.Ttl);
            return new DnsReply(DnsStatus.Found, records, [.. message.Additional.Where(record => record.Address is not null)], least < ttl ? least : ttl);
        }

        // RFC 2308: the lesser of the record's own time and the one in it.
        var negativeTtl = message.Authorities.FirstOrDefault(record => record.NegativeTtl is not null && IsWithin(owner, record.Name))?.NegativeTtl;
        return message.Code == NoError && negativeTtl is null && !message.IsFromResolver
            ? DnsReply.Failed(DnsStatus.ServerFailed, $"name server {server.Address} neither knows the name nor asks others for it")
            : DnsReply.Negative(negativeTtl);
    }

    private static (string Owner, TimeSpan Ttl) FollowAliases(IReadOnlyList<DnsRecord> answers, string name)
    {
        var (owner, ttl) = (name, TimeSpan.MaxValue);
        for (var i = 0; i < MaxAliases && answers.FirstOrDefault(record => record.Alias is not null && IsSame(record.Name, owner)) is { } alias; i++)
        {
            (owner, ttl) = (alias.Alias!, alias.Ttl < ttl ? alias.Ttl : ttl);
        }

        return (owner, ttl);
    }

    // A record of either family has an address, and only one of them was queried.
    private static bool Is(DnsRecord record, DnsRecordKind kind) => kind == DnsRecordKind.Srv ? record.Service is not null
        : record.Address is { } address && address.AddressFamily == (kind == DnsRecordKind.A ? System.Net.Sockets.AddressFamily.InterNetwork : System.Net.Sockets.AddressFamily.InterNetworkV6);

    private static bool IsSame(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static bool IsWithin(string name, string zone) => zone.Length == 0 || IsSame(name, zone)
        || (name.EndsWith(zone, StringComparison.OrdinalIgnoreCase) && name[^(zone.Length + 1)] == '.');

    private static string TextOf(int code) => code switch
    {
        FormatError => "FormatError",
        2 => "ServerFailure",
        NotImplemented => "NotImplemented",
        Refused => "Refused",
        _ => $"with code {code}",
    };
}
