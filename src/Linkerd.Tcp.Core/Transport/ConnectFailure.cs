namespace Linkerd.Tcp.Transport;

/// <summary>Specifies the reason for which a connect failed. The names, in lower case, are the values of the <c>cause</c> tag of the metrics.</summary>
public enum ConnectFailure
{
    /// <summary>The connect did not fail.</summary>
    None,

    /// <summary>The endpoint answered with a RST, or nothing listens (ECONNREFUSED); also a connection that met itself on loopback.</summary>
    Refused,

    /// <summary>No answer within the attempt's time (ETIMEDOUT, or <see cref="TransportConnectOptions.Timeout"/>).</summary>
    TimedOut,

    /// <summary>No route, or an ICMP error (EHOSTUNREACH, ENETUNREACH).</summary>
    Unreachable,

    /// <summary>The connection was reset while it was being set up.</summary>
    Reset,

    /// <summary>This process or machine is short of something: descriptors, ports, memory (EMFILE, ENFILE, EADDRNOTAVAIL, ENOBUFS, ENOMEM). Not a fault of the endpoint.</summary>
    LocalResources,

    /// <summary>The caller gave the attempt up. Not a fault of the endpoint.</summary>
    Cancelled,

    /// <summary>Any other reason; <see cref="ConnectResult.Detail"/> holds it.</summary>
    Other,

    /// <summary>The connection was established, and the TLS handshake on it failed: an invalid certificate, no protocol in common, or data that is not TLS.</summary>
    Tls,
}
