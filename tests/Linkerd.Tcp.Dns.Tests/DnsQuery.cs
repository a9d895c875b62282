using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Linkerd.Tcp.Dns.Tests;

/// <summary>A question that was received, and answers to it, right and wrong. Written apart from the code under test.</summary>
internal sealed class DnsQuery
{
    private const int HeaderBytes = 12;
    private readonly byte[] _question;

    public DnsQuery(byte[] bytes)
    {
        Id = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        var at = HeaderBytes;
        var labels = new List<string>();
        while (bytes[at] != 0)
        {
            labels.Add(Encoding.ASCII.GetString(bytes, at + 1, bytes[at]));
            at += bytes[at] + 1;
        }

        Name = string.Join('.', labels);
        Type = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at + 1));
        _question = bytes[HeaderBytes..(at + 5)];
        HasExtension = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(10)) == 1;
    }

    public ushort Id { get; }

    public string Name { get; }

    public int Type { get; }

    public bool HasExtension { get; }

    /// <summary>A name as it goes over the wire.</summary>
    public static byte[] NameOf(string name) =>
        name.Length == 0 ? [0] : [.. name.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0];

    public static byte[] Record(byte[] name, int type, int ttl, byte[] data) =>
        [.. name, .. Number(type), .. Number(1), .. Number(ttl >> 16), .. Number(ttl & 0xFFFF), .. Number(data.Length), .. data];

    public static byte[] Address(string name, string address, int ttl = 60) =>
        Record(NameOf(name), address.Contains(':', StringComparison.Ordinal) ? 28 : 1, ttl, IPAddress.Parse(address).GetAddressBytes());

    public static byte[] Alias(string name, string target, int ttl = 60) => Record(NameOf(name), 5, ttl, NameOf(target));

    public static byte[] Service(string name, int priority, int weight, int port, string target) =>
        Record(NameOf(name), 33, 60, [.. Number(priority), .. Number(weight), .. Number(port), .. NameOf(target)]);

    public static byte[] Authority(string zone, int ttl, int minimum) =>
        Record(NameOf(zone), 6, ttl, [.. NameOf("ns." + zone), .. NameOf("root." + zone), .. new byte[16], .. Number(minimum >> 16), .. Number(minimum & 0xFFFF)]);

    /// <summary>An answer from a server that asks others.</summary>
    public byte[] Answer(params byte[][] records) => Reply(records);

    /// <summary>Any answer.</summary>
    /// <param name="answers">The records of the answer.</param>
    /// <param name="authorities">The records of authority.</param>
    /// <param name="additional">The records that are added.</param>
    /// <param name="code">The response code.</param>
    /// <param name="flags">The flags; default: an answer, recursion desired and available.</param>
    /// <param name="idOffset">What is wrong with the id.</param>
    /// <param name="name">The name in the question, where it is another one.</param>
    /// <param name="type">The type in the question, where it is another one.</param>
    public byte[] Reply(
        byte[][]? answers = null, byte[][]? authorities = null, byte[][]? additional = null, int code = 0, int flags = 0x8180, int idOffset = 0, string? name = null, int? type = null)
    {
        byte[] question = name is null && type is null ? _question : [.. NameOf(name ?? Name), .. Number(type ?? Type), .. Number(1)];
        return
        [
            .. Number(Id + idOffset), .. Number(flags | code), .. Number(1), .. Number(answers?.Length ?? 0), .. Number(authorities?.Length ?? 0), .. Number(additional?.Length ?? 0),
            .. question, .. (answers ?? []).SelectMany(record => record), .. (authorities ?? []).SelectMany(record => record), .. (additional ?? []).SelectMany(record => record),
        ];
    }

    private static byte[] Number(int value) => [(byte)(value >> 8), (byte)value];
}
