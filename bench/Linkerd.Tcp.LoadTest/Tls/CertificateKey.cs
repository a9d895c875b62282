namespace Linkerd.Tcp.LoadTest.Tls;

/// <summary>The kinds of key that a certificate of the load has.</summary>
internal enum CertificateKey
{
    /// <summary>ECDSA on P-256.</summary>
    Ecdsa,

    /// <summary>RSA with 2048 bits, of which a signature takes several times as long.</summary>
    Rsa,
}
