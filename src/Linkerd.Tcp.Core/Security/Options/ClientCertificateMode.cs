namespace Linkerd.Tcp.Security;

/// <summary>Specifies whether clients are asked for a certificate.</summary>
public enum ClientCertificateMode
{
    /// <summary>Clients are not asked.</summary>
    None,

    /// <summary>Clients are asked. A certificate that is sent must be valid; a client without one is served.</summary>
    Request,

    /// <summary>Clients must send a valid certificate.</summary>
    Require,
}
