using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>The dtab of a namespace as it is stored. Each write makes another one.</summary>
/// <param name="Version">1 for a namespace that was made, and one more for each write.</param>
/// <param name="Dtab">The dtab.</param>
internal sealed record VersionedDtab(long Version, StandInDtab Dtab)
{
    /// <summary>The dtab to print.</summary>
    public Dtab Printed => Dtab.Printed;

    public bool Equals(VersionedDtab? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Version.GetHashCode();
}
