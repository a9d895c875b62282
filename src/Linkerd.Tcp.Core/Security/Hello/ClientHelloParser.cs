using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;

namespace Linkerd.Tcp.Security.Hello;

/// <summary>Reads a ClientHello (RFC 8446, 4.1.2; RFC 5246, 7.4.1.2) without its header. Every size is checked before what it counts is read.</summary>
internal static class ClientHelloParser
{
    private const int Random = 32;
    private const int MaxSessionId = 32;
    private const int Ssl3 = 0x0300;
    private const int Tls12 = 0x0303;
    private const int ServerNameExtension = 0;
    private const int AlpnExtension = 16;
    private const int VersionsExtension = 43;

    // RFC 9849. The type is that of the drafts since the tenth.
    private const int EncryptedHelloExtension = 0xFE0D;

    /// <summary>Reads all of a ClientHello.</summary>
    public static ClientHelloResult Parse(ReadOnlySpan<byte> body)
    {
        var reader = new TlsVectorReader(body);
        if (!reader.TryTakeNumber(out var version) || !reader.TryTake(Random, out _))
        {
            return Wrong("version and random");
        }

        // A later version than those that exist is none that is refused (RFC 5246, E.1).
        if (version < Ssl3)
        {
            return ClientHelloResult.Malformed(TlsAlert.ProtocolVersion, $"the ClientHello has the version 0x{version:X4}; expected 0x0300 or later");
        }

        if (!reader.TryTakeShort(out var session) || session.Length > MaxSessionId)
        {
            return Wrong("session ID");
        }

        if (!reader.TryTakeLong(out var suites) || suites.IsEmpty || suites.Length % 2 != 0)
        {
            return Wrong("list of cipher suites");
        }

        if (!reader.TryTakeShort(out var compressions) || compressions.IsEmpty)
        {
            return Wrong("list of compression methods");
        }

        // Up to TLS 1.2 there need not be any extensions.
        var extensions = default(ReadOnlySpan<byte>);
        return !reader.IsEmpty && (!reader.TryTakeLong(out extensions) || !reader.IsEmpty) ? Wrong("list of extensions") : ReadExtensions(version, extensions);
    }

    private static ClientHelloResult ReadExtensions(int version, ReadOnlySpan<byte> extensions)
    {
        Span<uint> seen = stackalloc uint[(ushort.MaxValue + 1) / 32];
        seen.Clear();
        var reader = new TlsVectorReader(extensions);
        string? serverName = null;
        ImmutableArray<string> protocols = [];
        var versions = NameOf(Math.Min(version, Tls12));
        var hasEncryptedHello = false;
        while (!reader.IsEmpty)
        {
            if (!reader.TryTakeNumber(out var type) || !reader.TryTakeLong(out var data))
            {
                return Wrong("list of extensions");
            }

            // RFC 8446, 4.2: "There MUST NOT be more than one extension of the same type". Two could be read in two ways.
            ref var bits = ref seen[type / 32];
            var bit = 1u << (type % 32);
            if ((bits & bit) != 0)
            {
                return ClientHelloResult.Malformed(TlsAlert.IllegalParameter, $"the ClientHello has the extension {type} twice");
            }

            bits |= bit;
            switch (type)
            {
                case ServerNameExtension when ServerNameReader.Read(data, out serverName) is { } refused:
                    return refused;
                case AlpnExtension when !TryReadProtocols(data, out protocols):
                    return Wrong("application_layer_protocol_negotiation extension");
                case VersionsExtension when !TryReadVersions(data, out versions):
                    return Wrong("supported_versions extension");
                case EncryptedHelloExtension:
                    hasEncryptedHello = true;
                    break;
            }
        }

        return ClientHelloResult.Done(new ClientHello { ServerName = serverName, ApplicationProtocols = protocols, Versions = versions, HasEncryptedHello = hasEncryptedHello });
    }

    // ProtocolName protocol_name_list<2..2^16-1>, opaque ProtocolName<1..2^8-1>.
    private static bool TryReadProtocols(ReadOnlySpan<byte> data, out ImmutableArray<string> protocols)
    {
        protocols = [];
        var extension = new TlsVectorReader(data);
        if (!extension.TryTakeLong(out var list) || list.IsEmpty || !extension.IsEmpty)
        {
            return false;
        }

        var count = 0;
        for (var reader = new TlsVectorReader(list); !reader.IsEmpty; count++)
        {
            if (!reader.TryTakeShort(out var protocol) || protocol.IsEmpty)
            {
                return false;
            }
        }

        var names = new string[count];
        var rest = new TlsVectorReader(list);
        for (var i = 0; i < names.Length; i++)
        {
            rest.TryTakeShort(out var protocol);
            names[i] = protocol.SequenceEqual("h2"u8) ? "h2" : protocol.SequenceEqual("http/1.1"u8) ? "http/1.1" : Encoding.Latin1.GetString(protocol);
        }

        protocols = ImmutableCollectionsMarshal.AsImmutableArray(names);
        return true;
    }

    // ProtocolVersion versions<2..254>.
    private static bool TryReadVersions(ReadOnlySpan<byte> data, out TlsVersions versions)
    {
        versions = TlsVersions.None;
        var extension = new TlsVectorReader(data);
        if (!extension.TryTakeShort(out var list) || list.IsEmpty || list.Length % 2 != 0 || !extension.IsEmpty)
        {
            return false;
        }

        for (var at = 0; at < list.Length; at += 2)
        {
            versions |= NameOf(BinaryPrimitives.ReadUInt16BigEndian(list[at..]));
        }

        return true;
    }

    private static TlsVersions NameOf(int version) => version switch
    {
        Ssl3 => TlsVersions.Ssl3,
        0x0301 => TlsVersions.Tls10,
        0x0302 => TlsVersions.Tls11,
        Tls12 => TlsVersions.Tls12,
        0x0304 => TlsVersions.Tls13,
        _ => TlsVersions.None,
    };

    private static ClientHelloResult Wrong(string what) => ClientHelloResult.Malformed(TlsAlert.DecodeError, $"the {what} of the ClientHello is cut short, or of a wrong length");
}
