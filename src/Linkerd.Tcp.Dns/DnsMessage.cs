namespace Linkerd.Tcp.Dns;

/// <summary>An answer as it came (RFC 1035, 4.1), with the records that are of use here. Immutable.</summary>
/// <param name="Flags">The second 16 bits of the header.</param>
/// <param name="Code">The response code, with the part of it that an OPT record has.</param>
/// <param name="Answers">The section of the answer.</param>
/// <param name="Authorities">The section of who has authority.</param>
/// <param name="Additional">The section of what was added.</param>
internal sealed record DnsMessage(int Flags, int Code, IReadOnlyList<DnsRecord> Answers, IReadOnlyList<DnsRecord> Authorities, IReadOnlyList<DnsRecord> Additional)
{
    /// <summary>It is too long for a datagram, and cut off.</summary>
    public bool IsTruncated => (Flags & 0x0200) != 0;

    /// <summary>Whether it comes from a server of the zone, or from one that asks others.</summary>
    public bool IsFromResolver => (Flags & 0x0480) != 0;

    /// <summary>Reads one that <see cref="DnsQuestion.IsAnsweredBy"/> accepts; null where it is malformed.</summary>
    public static DnsMessage? Read(ReadOnlySpan<byte> message)
    {
        if (message.Length < DnsReader.HeaderBytes)
        {
            return null;
        }

        var reader = new DnsReader(message);
        reader.Skip(2);
        var (flags, questions) = (reader.ReadUInt16(), reader.ReadUInt16());
        var counts = (Answers: reader.ReadUInt16(), Authorities: reader.ReadUInt16(), Additional: reader.ReadUInt16());
        for (var i = 0; i < questions && reader.IsGood; i++)
        {
            reader.ReadName();
            reader.Skip(4);
        }

        var code = flags & 0xF;
        var answers = ReadRecords(ref reader, counts.Answers, ref code);
        var authorities = ReadRecords(ref reader, counts.Authorities, ref code);
        var additional = ReadRecords(ref reader, counts.Additional, ref code);
        return reader.IsGood ? new DnsMessage(flags, code, answers, authorities, additional) : null;
    }

    // The counts are believed for as long as there are bytes: a record takes eleven at least.
    private static List<DnsRecord> ReadRecords(ref DnsReader reader, int count, ref int code)
    {
        var records = new List<DnsRecord>();
        for (var i = 0; i < count && reader.IsGood; i++)
        {
            if (reader.ReadRecord(ref code) is { } record)
            {
                records.Add(record);
            }
        }

        return records;
    }
}
