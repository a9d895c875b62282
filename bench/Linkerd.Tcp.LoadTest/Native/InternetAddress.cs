using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;

namespace Linkerd.Tcp.LoadTest.Native;

/// <summary>sockaddr_in: an IPv4 address and a port, both in network order.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal readonly struct InternetAddress
{
    private readonly ushort _family;
    private readonly ushort _port;
    private readonly uint _address;

    public InternetAddress(IPEndPoint endPoint)
    {
        _family = Constants.InternetFamily;
        _port = BinaryPrimitives.ReverseEndianness((ushort)endPoint.Port);
        Span<byte> bytes = stackalloc byte[4];
        if (!endPoint.Address.TryWriteBytes(bytes, out var written) || written != 4)
        {
            throw new ArgumentException($"{endPoint} is not an IPv4 address", nameof(endPoint));
        }

        _address = BitConverter.ToUInt32(bytes);
    }
}
