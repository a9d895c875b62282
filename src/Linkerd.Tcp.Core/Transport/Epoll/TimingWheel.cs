using System.Diagnostics;
using System.Numerics;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>
/// The timers of one loop, in slots of 100 ms: arming and disarming link and unlink, and cost no system call. A timer further away than one
/// turn of the wheel (25.6 s) stays in its slot until its turn has come. For the loop's thread.
/// (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", 1987, scheme 6.)
/// </summary>
internal sealed class TimingWheel
{
    private const int Slots = 256;
    private static readonly long Tick = Stopwatch.Frequency / 10;

    private readonly WheelTimer?[] _slots = new WheelTimer?[Slots];
    private readonly ulong[] _occupied = new ulong[Slots / 64];
    private readonly long _start;
    private long _current;
    private int _count;

    public TimingWheel(long now)
    {
        _start = now;
    }

    /// <summary>Gets the timestamp of the next slot that holds a timer; <see cref="long.MaxValue"/> if there is none.</summary>
    public long NextDue
    {
        get
        {
            if (_count == 0)
            {
                return long.MaxValue;
            }

            for (var i = 1; i <= Slots; i++)
            {
                var slot = (int)((_current + i) % Slots);
                var word = _occupied[slot / 64] >> (slot % 64);
                if (word != 0)
                {
                    i += BitOperations.TrailingZeroCount(word);
                    return _start + ((_current + i) * Tick);
                }

                // The rest of this word is empty.
                i += 63 - (slot % 64);
            }

            throw new UnreachableException("The wheel counts timers that are in no slot.");
        }
    }

    public void Add(WheelTimer timer, long dueAt)
    {
        // Never early: the tick that begins at or after the due time.
        timer.DueTick = Math.Max((dueAt - _start + Tick - 1) / Tick, _current + 1);
        var slot = (int)(timer.DueTick % Slots);
        timer.Previous = null;
        timer.Next = _slots[slot];
        if (timer.Next is { } next)
        {
            next.Previous = timer;
        }

        _slots[slot] = timer;
        _occupied[slot / 64] |= 1UL << (slot % 64);
        timer.IsLinked = true;
        _count++;
    }

    public void Remove(WheelTimer timer)
    {
        if (!timer.IsLinked)
        {
            return;
        }

        var slot = (int)(timer.DueTick % Slots);
        if (timer.Previous is { } previous)
        {
            previous.Next = timer.Next;
        }
        else
        {
            _slots[slot] = timer.Next;
            if (timer.Next is null)
            {
                _occupied[slot / 64] &= ~(1UL << (slot % 64));
            }
        }

        if (timer.Next is { } next)
        {
            next.Previous = timer.Previous;
        }

        timer.Next = timer.Previous = null;
        timer.IsLinked = false;
        _count--;
    }

    /// <summary>Fires the timers that are due.</summary>
    /// <param name="now">The timestamp.</param>
    /// <param name="fire">Called for each timer that is due, which is no longer in the wheel then.</param>
    public void Advance(long now, Action<WheelTimer> fire)
    {
        var target = (now - _start) / Tick;
        if (_count == 0)
        {
            _current = Math.Max(_current, target);
            return;
        }

        // After a long sleep one turn of the wheel sees every slot.
        _current = Math.Max(_current, target - Slots);
        while (_current < target)
        {
            _current++;
            var timer = _slots[_current % Slots];
            while (timer is not null)
            {
                if (timer.DueTick > target)
                {
                    timer = timer.Next;
                    continue;
                }

                Remove(timer);
                fire(timer);

                // What fired may have changed the slot.
                timer = _slots[_current % Slots];
            }
        }
    }
}
