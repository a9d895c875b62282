using System.Numerics;

namespace Linkerd.Tcp.Primitives;

/// <summary>
/// Represents a xoroshiro128+ generator (Blackman and Vigna, 2018), seeded through splitmix64: two words of state, one nanosecond for each number. A mutable struct; one thread
/// at a time.
/// </summary>
internal struct Xoroshiro
{
    private ulong _s0;
    private ulong _s1;

    public Xoroshiro(ulong seed)
    {
        _s0 = SplitMix(ref seed);
        _s1 = SplitMix(ref seed);
    }

    public readonly bool IsSeeded => (_s0 | _s1) != 0;

    public ulong Next()
    {
        var s0 = _s0;
        var s1 = _s1;
        var result = s0 + s1;
        s1 ^= s0;
        _s0 = BitOperations.RotateLeft(s0, 24) ^ s1 ^ (s1 << 16);
        _s1 = BitOperations.RotateLeft(s1, 37);
        return result;
    }

    private static ulong SplitMix(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
