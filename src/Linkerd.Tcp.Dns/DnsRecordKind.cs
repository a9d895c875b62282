namespace Linkerd.Tcp.Dns;

/// <summary>What is asked for.</summary>
internal enum DnsRecordKind
{
    A,
    Aaaa,
    Srv,
}
