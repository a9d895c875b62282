using Linkerd.Tcp.Security.Native;

namespace Linkerd.Tcp.Security;

/// <summary>Describes OpenSSL's libssl as this process has it. The first use loads it. Any thread.</summary>
public static class OpenSslLibrary
{
    /// <summary>Gets the version as the library prints it, such as <c>OpenSSL 3.5.1 1 Jul 2025</c>; null if it cannot be used.</summary>
    public static string? Version => LibSslLoader.TryLoad(out _) ? LibSslLoader.Version : null;

    /// <summary>Gets the reason why it cannot be used, without a full stop; null if it can.</summary>
    public static string? Problem => LibSslLoader.TryLoad(out var problem) ? null : problem;
}
