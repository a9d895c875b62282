namespace Linkerd.Tcp.Dns;

/// <summary>An answer of a server (RFC 1035, 4.1), with the records that are used here. Immutable.</summary>
/// <param name="Flags">The second 16 bits of the header.</param>
/// <param name="Code">The response code, with its upper part from an OPT record.</param>
/// <param name="Answers">The answer section.</param>
/// <param name="Authorities">The authority section.</param>
/// <param name="Additional">The additional section.</param>
internal sealed record DnsMessage(int Flags, int Code, IReadOnlyList<DnsRecord> Answers, IReadOnlyList<DnsRecord> Authorities, IReadOnlyList<DnsRecord> Additional)
{
    /// <summary>True if it is too long for a datagram, and cut off.</summary>
    public bool IsTruncated => (Flags & 0x0200) != 0;

    /// <summary>True if it comes from a server of the zone, or from a recursive resolver.</summary>
    public bool IsFromResolver => (Flags & 0x0480) != 0;

    /// <summary>Reads a message that <see cref="DnsQuestion.IsAnsweredBy"/> accepts; null if it is malformed.</summary>
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

    // The counts are trusted as long as there are bytes: a record takes eleven at least.
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
