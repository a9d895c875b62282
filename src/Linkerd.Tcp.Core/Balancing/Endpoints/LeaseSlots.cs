using System.Runtime.CompilerServices;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>
/// The states of the leases that one thread has picked: the state that the copies of a lease share. A slot is used for one lease after the other. Only the thread takes
/// slots; a lease that ends, on any thread, frees its own.
/// </summary>
/// <remarks>
/// A slot has 4 bytes: a flag for its use by a lease, a flag for an open connection of that lease, and the number of leases that have had it. A lease has a ticket: the number
/// of its slot in the upper half, and in the lower half the value of the slot as long as the lease is pending.
/// There is no search for a slot, and nothing is interlocked: slots are taken in turn, and most are free. As soon as more than half of them are not, an array of
/// twice the length takes the place of this one, which the leases that are in it keep.
/// </remarks>
internal sealed class LeaseSlots : IRandomSource
{
    private const uint Taken = 1U << 31;
    private const uint Open = 1U << 30;
    private const uint Uses = Open - 1;
    private const int MinLength = 64;

    [ThreadStatic]
    private static LeaseSlots? ThreadSlots;

    // In an object that a pick has found anyway: a thread-static of its own would cost as much again.
    private Xoroshiro _random = new(RandomSource.Shared.NextUInt64());

    // A ticket ahead, so that a pick does not wait for the slot to be read.
    private ulong _ready;
    private int _next;
    private int _passed;

    private LeaseSlots() => Prepare();

    /// <summary>Gets the slots of this thread.</summary>
    public static LeaseSlots OfThread => ThreadSlots ??= new LeaseSlots();

    /// <summary>Gets the slots that have the one that <see cref="Take"/> takes next.</summary>
    public uint[] Slots { get; private set; } = new uint[MinLength];

    public ulong NextUInt64() => _random.Next();

    /// <summary>Takes a slot for a new lease.</summary>
    /// <returns>The ticket.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Take()
    {
        var ticket = _ready;
        Prepare();
        return ticket;
    }

    /// <summary>Returns true if a lease has not ended.</summary>
    public static bool IsHeld(uint slot, ulong ticket) => (slot & ~Open) == (uint)ticket;

    /// <summary>Returns true if a lease has not ended, and its connection is not open.</summary>
    public static bool IsPending(uint slot, ulong ticket) => slot == (uint)ticket;

    /// <summary>Notes that the connection of a pending lease is open.</summary>
    public static void SetOpen(ref uint slot) => slot |= Open;

    /// <summary>Ends a lease, and frees its slot.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="ticket">The ticket of the lease.</param>
    /// <param name="wasOpen">True if its connection was open.</param>
    /// <returns>False if it has ended already.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryEnd(ref uint slot, ulong ticket, out bool wasOpen)
    {
        var state = slot;
        wasOpen = !IsPending(state, ticket);
        if (!IsHeld(state, ticket))
        {
            return false;
        }

        slot = ((uint)ticket + 1) & Uses;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Prepare()
    {
        var slots = Slots;
        var next = _next;
        if ((uint)next >= (uint)slots.Length || slots[next] >= Taken)
        {
            next = FindFree();
            slots = Slots;
        }

        _next = next + 1;
        var state = slots[next] | Taken;
        slots[next] = state;
        _ready = ((ulong)next << 32) | state;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int FindFree()
    {
        while (true)
        {
            var found = Slots.AsSpan(_next).IndexOfAnyInRange(0U, Taken - 1);
            _passed += found < 0 ? Slots.Length - _next : found;
            if (_passed > Slots.Length / 2)
            {
                Slots = new uint[Slots.Length * 2];
            }
            else if (found >= 0)
            {
                return _next + found;
            }

            // From the start, whether of the same or of the new ones.
            (_next, _passed) = (0, 0);
        }
    }
}
