using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp;

/// <summary>All that a snapshot says, to be compared.</summary>
internal static class SnapshotValues
{
    public static IEnumerable<(string Name, object? Value)> Values(this ServerEndpointSnapshot snapshot, params string[] except) =>
        typeof(ServerEndpointSnapshot).GetProperties().Where(property => !except.Contains(property.Name)).Select(property => (property.Name, property.GetValue(snapshot)));
}
