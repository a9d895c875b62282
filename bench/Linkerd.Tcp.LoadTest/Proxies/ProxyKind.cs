using Linkerd.Tcp.LoadTest.Native;
using Linkerd.Tcp.LoadTest.Tls;

namespace Linkerd.Tcp.LoadTest.Proxies;

/// <summary>A proxy with its settings: how it is called, found and started.</summary>
internal abstract class ProxyKind(string name)
{
    public string Name { get; } = name;

    /// <summary>Whether this is the one whose ratio to the others is asked for.</summary>
    public virtual bool IsOurs => false;

    /// <summary>Whether this is another build of ours, which ours is compared with by itself and not as one of the peers.</summary>
    public virtual bool IsBaseline => false;

    /// <summary>The signal that has it accept no more and finish its sessions.</summary>
    public virtual int SoftStopSignal => Constants.TerminateSignal;

    /// <summary>Why it cannot be started here, or null.</summary>
    public abstract string? FindObstacle();

    /// <summary>Whether it can do TLS, and does it with these settings as with any others.</summary>
    public abstract bool SupportsTls { get; }

    /// <summary>What it says of its version.</summary>
    public abstract string ReadVersion();

    /// <summary>
    /// Writes what it needs into a folder, and returns the command that runs it in the foreground. It has TLS on some sides with the
    /// certificates that are given then: verified at the backend, with tickets, all else as it is by default.
    /// </summary>
    public abstract IReadOnlyList<string> Prepare(string folder, int listenPort, int backendPort, TlsSides tls, TestCertificates? certificates);
}
