using System.Runtime.InteropServices;

namespace Linkerd.Tcp.LoadTest.Traffic;

/// <summary>The memory that all peers share: there is one thread. It lives as long as the program.</summary>
internal static unsafe class Buffers
{
    /// <summary>Asked of one read of messages, so a shorter one was the last.</summary>
    public const int ScratchLength = 64 * 1024;

    /// <summary>What bulk senders send from.</summary>
    public const int PatternLength = 1024 * 1024;

    public static readonly byte* Scratch = (byte*)NativeMemory.AllocZeroed(ScratchLength);
    public static readonly byte* Pattern = MakePattern();
    public static readonly byte* Message = MakeMessage();

    private static byte* MakePattern()
    {
        var pattern = (byte*)NativeMemory.Alloc(PatternLength);
        new Random(20).NextBytes(new Span<byte>(pattern, PatternLength));
        return pattern;
    }

    private static byte* MakeMessage()
    {
        var message = (byte*)NativeMemory.Alloc(ScratchLength);
        new Span<byte>(message, ScratchLength).Fill((byte)Role.Echo);
        return message;
    }
}
