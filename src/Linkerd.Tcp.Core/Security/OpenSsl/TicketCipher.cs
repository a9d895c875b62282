using System.Security.Cryptography;
using Linkerd.Tcp.Security.Native;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Prepares the encryption of tickets, as RFC 5077, section 4, recommends it: AES-256 in CBC mode, and HMAC with SHA-256.</summary>
internal static unsafe class TicketCipher
{
    private const int VectorLength = 16;

    // The answers of the callback.
    private const int Unknown = 0;
    private const int Success = 1;
    private const int SuccessRenew = 2;

    // The digest of EVP_MAC_init: one for the process, as it is only read.
    private static readonly Lazy<nint> Digest = new(MakeDigest);

    // Fetched once: OpenSSL would look it up for each ticket.
    private static readonly Lazy<nint> Cipher = new(static () => LibSsl.EVP_CIPHER_fetch(0, "AES-256-CBC", null));

    /// <summary>Prepares the encryption with the key that is current.</summary>
    /// <returns>1, or 0 if there is no ticket.</returns>
    public static int BeginEncrypt(TicketKeyRing ring, byte* name, byte* vector, nint cipher, nint mac)
    {
        Span<byte> key = stackalloc byte[TicketKeys.KeyLength];
        try
        {
            ring.CopyCurrent(key);
            RandomNumberGenerator.Fill(new(vector, VectorLength));
            key[..TicketKeys.NameLength].CopyTo(new(name, TicketKeys.NameLength));
            return Begin(key, vector, cipher, mac, isEncryption: true) ? Success : Unknown;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Prepares the decryption with the key of a name. A client that uses a ticket once gets another one.</summary>
    /// <returns>1, or 2 if the client is to get another ticket, or 0 if there is no such key.</returns>
    public static int BeginDecrypt(TicketKeyRing ring, byte* name, byte* vector, nint cipher, nint mac, bool isSingleUse)
    {
        Span<byte> key = stackalloc byte[TicketKeys.KeyLength];
        try
        {
            return !ring.TryCopy(new(name, TicketKeys.NameLength), key, out var isCurrent) || !Begin(key, vector, cipher, mac, isEncryption: false) ? Unknown
                : isCurrent && !isSingleUse ? Success : SuccessRenew;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static bool Begin(ReadOnlySpan<byte> key, byte* vector, nint cipher, nint mac, bool isEncryption)
    {
        fixed (byte* start = key)
        {
            var (macKey, cipherKey) = ((nint)start + TicketKeys.NameLength, (nint)start + TicketKeys.NameLength + TicketKeys.SecretLength);
            return LibSsl.EVP_MAC_init(mac, (byte*)macKey, TicketKeys.SecretLength, Digest.Value) == 1
                && (isEncryption
                    ? LibSsl.EVP_EncryptInit_ex(cipher, Cipher.Value, 0, (byte*)cipherKey, vector)
                    : LibSsl.EVP_DecryptInit_ex(cipher, Cipher.Value, 0, (byte*)cipherKey, vector)) == 1;
        }
    }

    private static nint MakeDigest()
    {
        var builder = LibSsl.OSSL_PARAM_BLD_new();

        // Literals, which have an address for the life of the process.
        fixed (byte* key = "digest\0"u8, value = "SHA256\0"u8)
        {
            _ = LibSsl.OSSL_PARAM_BLD_push_utf8_string(builder, key, value, 0);
        }

        var parameters = LibSsl.OSSL_PARAM_BLD_to_param(builder);
        LibSsl.OSSL_PARAM_BLD_free(builder);
        return parameters;
    }
}
