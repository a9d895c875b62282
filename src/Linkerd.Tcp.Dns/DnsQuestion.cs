using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Linkerd.Tcp.Dns;

/// <summary>
/// A question in the form in which it is sent (RFC 1035, 4.1), and the check of its answers (RFC 5452, 9.1: by id, name, type and class; the addresses and ports are checked by
/// the socket). Immutable.
/// </summary>
internal sealed class DnsQuestion
{
    // RFC 9715: the size that passes nearly every network in one piece.
    private const int MaxDatagramSize = 1232;
    private const int MaxNameLength = 255;
    private const int MaxLabelLength = 63;
    private const int RecursionDesired = 0x0100;
    private const int ClassIn = 1;
    private readonly ushort _id;
    private readonly string _name;
    private readonly DnsType _type;

    private DnsQuestion(ushort id, string name, DnsType type, byte[] bytes)
    {
        (_id, _name, _type, Bytes) = (id, name, type, bytes);
    }

    /// <summary>The message.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Creates a question with an id that cannot be guessed; null if the name, as with a domain of the search list, cannot be queried.</summary>
    /// <param name="name">The full name.</param>
    /// <param name="type">The type of the records.</param>
    /// <param name="withExtension">True if an OPT record announces to the server that answers may be longer than 512 bytes.</param>
    public static DnsQuestion? Create(string name, DnsType type, bool withExtension)
    {
        var labels = name.Split('.');
        if (name.Length > MaxNameLength - 2 || !labels.All(label => label.Length is > 0 and <= MaxLabelLength && label.All(c => c is > ' ' and < (char)0x7F and not '\\')))
        {
            return null;
        }

        var id = (ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1);
        var bytes = new List<byte>(DnsReader.HeaderBytes + name.Length + 17);
        Add16(bytes, id, RecursionDesired, 1, 0, 0, withExtension ? 1 : 0);
        foreach (var label in labels)
        {
            bytes.Add((byte)label.Length);
            bytes.AddRange(label.Select(c => (byte)c));
        }

        bytes.Add(0);
        Add16(bytes, (int)type, ClassIn);
        if (withExtension)
        {
            bytes.Add(0);
            Add16(bytes, (int)DnsType.Opt, MaxDatagramSize, 0, 0, 0);
        }

        return new DnsQuestion(id, name, type, [.. bytes]);
    }

    /// <summary>Returns true if a message is an answer to this question.</summary>
    public bool IsAnsweredBy(ReadOnlySpan<byte> message)
    {
        const int IsResponseAndOpcode = 0xF800;
        const int IsResponse = 0x8000;
        if (message.Length < DnsReader.HeaderBytes || BinaryPrimitives.ReadUInt16BigEndian(message) != _id)
        {
            return false;
        }

        var reader = new DnsReader(message);
        reader.Skip(2);
        var flags = reader.ReadUInt16();
        var questions = reader.ReadUInt16();
        reader.Skip(6);
        if ((flags & IsResponseAndOpcode) != IsResponse)
        {
            return false;
        }

        // A server that does not understand a message sends its header back, with an error.
        return questions == 0 ? (flags & 0xF) != 0
            : questions == 1 && reader.ReadName().Equals(_name, StringComparison.OrdinalIgnoreCase)
                && reader.ReadUInt16() == (int)_type && reader.ReadUInt16() == ClassIn && reader.IsGood;
    }

    private static void Add16(List<byte> bytes, params ReadOnlySpan<int> values)
    {
        foreach (var value in values)
        {
            bytes.Add((byte)(value >> 8));
            bytes.Add((byte)value);
        }
    }
}
