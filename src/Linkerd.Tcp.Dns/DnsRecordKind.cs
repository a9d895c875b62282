namespace Linkerd.Tcp.Dns;

/// <summary>Specifies the kind of records of a query.</summary>
internal enum DnsRecordKind
{
    A,
    Aaaa,
    Srv,
}
