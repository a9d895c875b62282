namespace Linkerd.Tcp.TestUtilities;

/// <summary>A delegation that namerd gives up. With an alternative around it, it is one of the branches that are shown.</summary>
internal sealed class DelegationException(string message) : Exception(message);
