namespace Linkerd.Tcp.TestUtilities;

/// <summary>The dtab of a namespace as it is stored. Each write makes another one.</summary>
/// <param name="Text">The text as it was written.</param>
/// <param name="Version">1 for a namespace that was made, and one more for each write.</param>
/// <param name="Printed">The dtab to print.</param>
/// <param name="Dtab">The dtab to bind with.</param>
internal sealed record VersionedDtab(string Text, long Version, Dtab Printed, StandInDtab Dtab)
{
    public bool Equals(VersionedDtab? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Version.GetHashCode();
}
