using System.Buffers.Binary;
using System.Text;

namespace Linkerd.Tcp.Tests.Security;

/// <summary>Writes ClientHellos, right ones and wrong ones.</summary>
internal sealed class HelloBuilder
{
    public int Version { get; set; } = 0x0303;

    public byte[] SessionId { get; set; } = [];

    public int[] CipherSuites { get; set; } = [0x1301, 0xC02B, 0xC02F];

    public byte[] Compressions { get; set; } = [0];

    /// <summary>The extensions in order; null: there is not even a list of none.</summary>
    public List<(int Type, byte[] Data)>? Extensions { get; set; } = [];

    public HelloBuilder With(int type, params byte[] data)
    {
        Extensions!.Add((type, data));
        return this;
    }

    public HelloBuilder WithName(string name) => With(0, NameData(Encoding.Latin1.GetBytes(name)));

    public HelloBuilder WithProtocols(params string[] protocols) => With(16, Long([.. protocols.SelectMany(protocol => Short(Encoding.Latin1.GetBytes(protocol)))]));

    public HelloBuilder WithVersions(params int[] versions) => With(43, Short(Numbers(versions)));

    /// <summary>The message without its header.</summary>
    public byte[] Body() =>
    [
        .. Number(Version), .. Enumerable.Repeat((byte)0xAB, 32), .. Short(SessionId), .. Long(Numbers(CipherSuites)), .. Short(Compressions),
        .. Extensions is null ? [] : Long([.. Extensions.SelectMany(extension => (byte[])[.. Number(extension.Type), .. Long(extension.Data)])]),
    ];

    /// <summary>The message in one record, or as few as it needs.</summary>
    public byte[] Bytes() => Records(Message(Body()), 1 << 14);

    public static byte[] Message(byte[] body) => [1, (byte)(body.Length >> 16), .. Number(body.Length & 0xFFFF), .. body];

    /// <summary>A message in records of a size.</summary>
    public static byte[] Records(byte[] message, int size) => [.. message.Chunk(size).SelectMany(chunk => Record(chunk))];

    public static byte[] Record(byte[] data, byte type = 22, byte major = 3) => [type, major, 1, .. Long(data)];

    public static byte[] NameData(byte[] name) => Long([0, .. Long(name)]);

    public static byte[] Short(byte[] data) => [(byte)data.Length, .. data];

    public static byte[] Long(byte[] data) => [.. Number(data.Length), .. data];

    public static byte[] Numbers(params int[] values) => [.. values.SelectMany(Number)];

    private static byte[] Number(int value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        return bytes;
    }
}
