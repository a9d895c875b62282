using System.Text;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Reads and writes lists of application protocols (RFC 7301, section 3.1): each name has its length before it.</summary>
internal static class ProtocolList
{
    /// <summary>Writes a list.</summary>
    public static byte[] Write(IEnumerable<string> names) => [.. names.SelectMany(static name => Encoding.Latin1.GetBytes(name).Prepend((byte)name.Length))];

    /// <summary>Chooses the first protocol of the server that the client has.</summary>
    /// <param name="own">The list of the server.</param>
    /// <param name="offered">The list of the client.</param>
    /// <returns>The place of its name in the client's list; empty if there is none.</returns>
    public static Range Select(ReadOnlySpan<byte> own, ReadOnlySpan<byte> offered)
    {
        while (own is [var length, ..] && length < own.Length)
        {
            var name = own[1..(1 + length)];
            for (var at = 0; at < offered.Length && at + offered[at] < offered.Length; at += 1 + offered[at])
            {
                if (name.SequenceEqual(offered.Slice(at + 1, offered[at])))
                {
                    return (at + 1)..(at + 1 + length);
                }
            }

            own = own[(1 + length)..];
        }

        return default;
    }
}
