namespace Linkerd.Tcp.Primitives;

/// <summary>
/// Represents a source of random numbers, so that a test can replay a run from a seed. Production code uses <see cref="RandomSource.Shared"/>.
/// Any thread, unless the implementation states otherwise.
/// </summary>
internal interface IRandomSource
{
    /// <summary>Returns 64 random bits.</summary>
    ulong NextUInt64();
}
