namespace Linkerd.Tcp.Transport;

/// <summary>Why a connect failed. The names, in lower case, are the values of the <c>cause</c> tag of the metrics.</summary>
public enum ConnectFailure
{
    /// <summary>It did not fail.</summary>
    None,

    /// <summary>The endpoint answered with a RST, or nothing listens (ECONNREFUSED); also a connection that met itself on loopback.</summary>
    Refused,

    /// <summary>No answer within the attempt's time (ETIMEDOUT, or <see cref="TransportConnectOptions.Timeout"/>).</summary>
    TimedOut,

    /// <summary>No route, or an ICMP error (EHOSTUNREACH, ENETUNREACH).</summary>
    Unreachable,

    /// <summary>The connection was reset while it was being set up.</summary>
    Reset,

    /// <summary>This process or machine is short of something: descriptors, ports, memory (EMFILE, ENFILE, EADDRNOTAVAIL, ENOBUFS, ENOMEM). Says nothing about the endpoint.</summary>
    LocalResources,

    /// <summary>The caller gave the attempt up. Says nothing about the endpoint.</summary>
    Cancelled,

    /// <summary>Anything else; <see cref="ConnectResult.Detail"/> says what.</summary>
    Other,

    /// <summary>The connection was established, and the TLS handshake on it failed: a certificate that does not hold, no protocol in common, garbage.</summary>
    Tls,
}
