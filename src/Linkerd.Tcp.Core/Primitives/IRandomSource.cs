namespace Linkerd.Tcp.Primitives;

/// <summary>
/// Provides random numbers, so that a test can replay a run from a seed. <see cref="RandomSource.Shared"/> in production.
/// Members may be called from any thread unless the implementation says otherwise.
/// </summary>
internal interface IRandomSource
{
    /// <summary>Returns 64 random bits.</summary>
    ulong NextUInt64();
}
