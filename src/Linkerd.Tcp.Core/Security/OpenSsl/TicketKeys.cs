using System.Security.Cryptography;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Represents keys of session tickets in memory of which the collector makes no copies. They are cleared at the latest once nothing refers to them.</summary>
internal sealed class TicketKeys(int length)
{
    public const int NameLength = 16;

    public const int SecretLength = 32;

    /// <summary>The length of a key: its name, a key of HMAC-SHA-256, and a key of AES-256.</summary>
    public const int KeyLength = NameLength + (2 * SecretLength);

    private readonly byte[] _bytes = GC.AllocateArray<byte>(length, pinned: true);

    ~TicketKeys() => Clear();

    /// <summary>Gets the keys, one behind the other; the first one encrypts.</summary>
    public Span<byte> Bytes => _bytes;

    /// <summary>Gets the number of keys.</summary>
    public int Count => _bytes.Length / KeyLength;

    public void Clear() => CryptographicOperations.ZeroMemory(_bytes);
}
