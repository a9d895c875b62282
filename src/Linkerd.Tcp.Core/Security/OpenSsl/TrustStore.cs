using System.Runtime.CompilerServices;
using Linkerd.Tcp.Security.Certificates;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Represents an X509_STORE with trusted roots and revocation lists, which contexts share. Immutable once it is made; any thread.</summary>
internal sealed unsafe class TrustStore
{
    // CRL_CHECK and CRL_CHECK_ALL: the leaf, and every authority.
    private const nuint CheckRevocation = 0x4 | 0x8;

    private static readonly Lazy<TrustStore> SystemStore = new(static () => new(TrustedRoots.System, null));
    private static readonly ConditionalWeakTable<CurrentCertificates, TrustStore> Stores = [];
    private readonly nint _handle = LibCrypto.X509_STORE_new();

    private TrustStore(TrustedRoots roots, RevocationLists? lists)
    {
        if (_handle == 0)
        {
            throw OpenSslException.Take("X509_STORE_new");
        }

        if (roots.Certificates is { } certificates)
        {
            foreach (var root in certificates)
            {
                var certificate = OpenSslCertificates.Read(root.RawDataMemory.Span, roots.File);
                var isAdded = LibSsl.X509_STORE_add_cert(_handle, certificate);
                LibSsl.X509_free(certificate);
                Expect(isAdded, roots.File);
            }
        }
        else
        {
            Expect(LibCrypto.X509_STORE_set_default_paths(_handle), roots.File);
        }

        foreach (var list in lists?.All ?? [])
        {
            var read = OpenSslRevocationList.Read(list);
            var isAdded = LibSsl.X509_STORE_add_crl(_handle, read);
            OpenSslRevocationList.Free(read);
            Expect(isAdded, list.File);
        }

        if (lists is not null)
        {
            Expect(LibSsl.X509_STORE_set_flags(_handle, CheckRevocation), lists.File);
        }
    }

    ~TrustStore() => LibCrypto.X509_STORE_free(_handle);

    /// <summary>Returns the store of the roots and lists, which is made once for them. That of the system's roots alone is one for the process: it takes the memory of all of them.</summary>
    /// <exception cref="OpenSslException">OpenSSL refuses one; the message names the file.</exception>
    public static TrustStore Of(CurrentCertificates current) => current.Roots.Certificates is null && current.Revocations is null ? SystemStore.Value
        : Stores.GetValue(current, static current => new(current.Roots, current.Revocations));

    /// <summary>Has a context verify with this store.</summary>
    public void Use(OpenSslContext context)
    {
        LibCrypto.SSL_CTX_set1_cert_store(context.Handle, _handle);
        GC.KeepAlive(this);
    }

    private static void Expect(int result, string file)
    {
        if (result != 1)
        {
            throw OpenSslException.Take(file);
        }
    }
}
